import { describe, expect, test } from 'vitest'
import { persistentVolumeClaims } from './persistent-volume-claims.js'
import { persistentVolumes } from './persistent-volumes.js'
import { judge } from './testing.js'

describe('PersistentVolumes', () => {
  const { created, changed, read, warnings } = judge(persistentVolumes, 'PersistentVolume', '', [
    'MutablePVNodeAffinity',
  ])
  const affinity = (key: string) => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: ['a'] }] }] },
  })
  const volume = (spec: object) => ({
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/a' }, ...spec },
  })
  const csi = { driver: 'csi.test', volumeHandle: 'h' }

  test('defaults', () => {
    expect(read(volume({}))).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', hostPath: { type: '' } },
      status: { phase: 'Pending' },
    })
  })

  const cases: readonly { readonly spec: object; readonly want: readonly string[] }[] = [
    { spec: {}, want: [] },
    {
      spec: { accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] },
      want: ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
    },
    {
      spec: { capacity: {} },
      want: ['spec.capacity: Required value', 'spec.capacity: Unsupported value: {}: supported values: "storage"'],
    },
    {
      spec: { capacity: { storage: '-1', cpu: '1' } },
      want: [
        'spec.capacity: Unsupported value: {"cpu":"1","storage":"-1"}: supported values: "storage"',
        'spec.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
        'spec.capacity[storage]: Invalid value: "-1": must be greater than zero',
      ],
    },
    { spec: { hostPath: undefined }, want: ['spec: Required value: must specify a volume type'] },
    {
      spec: { csi, nfs: { server: 's', path: '/' } },
      want: [
        'spec.nfs: Forbidden: may not specify more than 1 volume type',
        'spec.csi: Forbidden: may not specify more than 1 volume type',
      ],
    },
    {
      spec: { hostPath: undefined, csi: { driver: '-', nodePublishSecretRef: { name: 'a' } } },
      want: [
        'spec.csi.driver: Invalid value: "-": a lowercase RFC 1123 subdomain',
        'spec.csi.volumeHandle: Required value',
        'spec.csi.nodePublishSecretRef.namespace: Required value',
      ],
    },
    {
      spec: { hostPath: undefined, local: { path: '/a/../b' } },
      want: [
        'spec.local.path: Invalid value: "/a/../b": must not contain \'..\'',
        'spec.nodeAffinity: Required value: Local volume requires node affinity',
      ],
    },
    {
      spec: { hostPath: undefined, iscsi: { targetPortal: 'p', iqn: 'x', lun: 300, chapAuthSession: true } },
      want: [
        'spec.iscsi.iqn: Invalid value: "x": must be valid format',
        'spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
        'spec.iscsi.secretRef: Required value',
      ],
    },
    {
      spec: { hostPath: undefined, cinder: { secretRef: {} } },
      want: [
        'spec.cinder.volumeID: Required value',
        'spec.cinder.secretRef.name: Required value',
        'spec.cinder.secretRef.namespace: Required value',
      ],
    },
    {
      spec: { hostPath: { path: '/./' }, persistentVolumeReclaimPolicy: 'Recycle' },
      want: ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    },
    {
      spec: { volumeAttributesClassName: '' },
      want: [
        'spec.volumeAttributesClassName: Required value: an empty string is disallowed',
        'spec.csi: Required value: has to be specified when using volumeAttributesClassName',
      ],
    },
    { spec: { nodeAffinity: {} }, want: ['spec.nodeAffinity.required: Required value: must specify required node'] },
  ]
  for (const { spec, want } of cases) {
    test(JSON.stringify(spec), () => {
      const told = created(volume(spec))
      expect(told).toHaveLength(want.length)
      for (const [i, text] of want.entries()) expect(told[i]).toContain(text)
    })
  }

  test('the source stays, and a refusal shows the difference', () => {
    expect(changed(volume({}), volume({ hostPath: { path: '/b' } }))).toEqual([
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n' +
        '@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n' +
        '-  "Path": "/a",\n+  "Path": "/b",\n   "Type": ""\n  },\n  "Glusterfs": null,\n',
    ])
  })
  test('a secret for expansion may be named later', () => {
    const of = (more: object) => volume({ hostPath: undefined, csi: { ...csi, ...more } })
    const named = { controllerExpandSecretRef: { name: 'a', namespace: 'b' } }
    expect(changed(of({}), of(named))).toEqual([])
    expect(changed(of(named), of({}))).toHaveLength(1)
  })
  test('node affinity may only move to labels that are generally available', () => {
    const of = (key: string) => volume({ nodeAffinity: affinity(key) })
    expect(changed(of('beta.kubernetes.io/os'), of('kubernetes.io/os'))).toEqual([])
    expect(changed(of('kubernetes.io/os'), of('beta.kubernetes.io/os'))[0]).toContain(
      'field is immutable, except for updating from beta label to GA',
    )
    expect(changed(volume({}), of('a'))).toEqual([])
    expect(judge(persistentVolumes, 'PersistentVolume').changed(of('kubernetes.io/os'), of('a'))).toEqual([])
  })
  test('times of phases', () => {
    const next = { metadata: {}, status: { phase: 'Bound' } }
    const old = { metadata: {}, status: { phase: 'Available', lastPhaseTransitionTime: '2024-01-02T03:04:05Z' } }
    persistentVolumes.prepareForStatusUpdate!(next, old, { now: () => 0 } as never)
    expect(next.status).toEqual({ phase: 'Bound', lastPhaseTransitionTime: '1970-01-01T00:00:00Z' })
    const same = { metadata: {}, status: { phase: 'Available' } }
    persistentVolumes.prepareForStatusUpdate!(same, old, { now: () => 0 } as never)
    expect(same.status).toEqual(old.status)
  })
  test('warnings', () => {
    expect(
      warnings(volume({ persistentVolumeReclaimPolicy: 'Recycle', nodeAffinity: affinity('beta.kubernetes.io/os') })),
    ).toEqual([
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    ])
  })
})

describe('PersistentVolumeClaims', () => {
  const { created, changed, read, statusChanged, warnings } = judge(
    persistentVolumeClaims,
    'PersistentVolumeClaim',
    '',
    ['CrossNamespaceVolumeDataSource'],
  )
  const claim = (spec: object, status: object = {}) => ({
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
    status,
  })
  const size = (storage: string) => ({ resources: { requests: { storage } } })
  const prepared = (spec: object) => {
    const object = read(claim(spec))
    persistentVolumeClaims.prepareForCreate!(object, { enabled: () => false } as never)
    return object.spec
  }

  test('sources are told in both fields, unknown ones in neither', () => {
    const pvc = { kind: 'PersistentVolumeClaim', name: 'a' }
    expect(prepared({ dataSource: pvc })).toMatchObject({ dataSource: pvc, dataSourceRef: pvc })
    expect(prepared({ dataSourceRef: pvc })).toMatchObject({ dataSource: pvc, dataSourceRef: pvc })
    expect(prepared({ dataSource: { apiGroup: 'x.test', kind: 'Odd', name: 'a' } }).dataSource).toBeUndefined()
    expect(prepared({ dataSourceRef: { ...pvc, namespace: 'other' } }).dataSourceRef).toBeUndefined()
  })
  test('create', () => {
    expect(created(claim({}))).toEqual([])
    expect(created({ spec: {} })).toEqual([
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ])
  })

  const immutable = 'spec: Forbidden: spec is immutable after creation except resources.requests and'
  const cases: readonly {
    readonly old: object
    readonly next: object
    readonly status?: object
    readonly want: readonly string[]
  }[] = [
    { old: {}, next: { volumeName: 'pv' }, want: [] },
    { old: { volumeName: 'pv' }, next: { volumeName: 'other' }, want: [immutable] },
    { old: {}, next: size('3Gi'), want: [immutable] },
    { old: size('3Gi'), next: size('3221225472'), want: [] },
    { old: {}, next: size('3Gi'), status: { phase: 'Bound' }, want: [] },
    {
      old: {},
      next: size('1Gi'),
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
      want: ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
    },
    { old: {}, next: { storageClassName: 'a' }, want: [] },
    { old: { storageClassName: 'a' }, next: { storageClassName: 'b' }, want: [immutable] },
    {
      old: {},
      next: { volumeMode: 'Block' },
      want: [immutable, 'volumeMode: Invalid value: "Block": field is immutable'],
    },
    {
      old: { volumeAttributesClassName: 'a' },
      next: {},
      status: { phase: 'Bound', currentVolumeAttributesClassName: 'a' },
      want: [
        'spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil',
      ],
    },
  ]
  for (const { old, next, status = {}, want } of cases) {
    test(`${JSON.stringify(old)} → ${JSON.stringify(next)} ${JSON.stringify(status)}`, () => {
      const told = changed(claim(old, status), claim(next, status))
      expect(told).toHaveLength(want.length)
      for (const [i, text] of want.entries()) expect(told[i]).toContain(text)
    })
  }
  test('status', () => {
    const status = {
      capacity: { storage: '-1' },
      allocatedResourceStatuses: { storage: 'Odd', cpu: 'NodeResizePending' },
      allocatedResources: { 'x.test/y': '1' },
    }
    expect(statusChanged(claim({}), { status })).toEqual([
      'status.capacity[storage]: Invalid value: -1: must be a valid resource quantity',
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"'.replace(
        '"ControllerResizeInProgress", "ControllerResizeInfeasible"',
        '"ControllerResizeInProgress", "ControllerResizeInfeasible"',
      ),
      'status.allocatedResourceStatuses: Unsupported value: "cpu": supported values: "storage"',
    ])
  })
  test('fractions of bytes are warned of', () => {
    expect(warnings(claim(size('1500m')))).toEqual([
      'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
    ])
  })
})
