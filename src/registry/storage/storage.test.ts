import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { csidrivers } from './csidrivers.js'
import { csinodes } from './csinodes.js'
import { csistoragecapacities } from './csistoragecapacities.js'
import { storageclasses } from './storageclasses.js'
import { volumeattachments } from './volumeattachments.js'
import { volumeattributesclasses } from './volumeattributesclasses.js'

const group = 'storage.k8s.io'

describe('StorageClasses', () => {
  const { read, created, changed, warnings } = judge(storageclasses, 'StorageClass', group)
  const terms = (...list: object[]) => ({ provisioner: 'p', allowedTopologies: list })
  const term = (...values: string[]) => ({ matchLabelExpressions: [{ key: 'zone', values }] })
  const own = 'allowedTopologies[0].matchLabelExpressions'

  test.each<[object, string[]]>([
    [{ provisioner: 'kubernetes.io/no-provisioner' }, []],
    [{}, ['provisioner: Required value']],
    [
      { provisioner: 'p', reclaimPolicy: 'Recycle' },
      ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ],
    [
      { provisioner: 'p', volumeBindingMode: '' },
      ['volumeBindingMode: Unsupported value: "": supported values: "Immediate", "WaitForFirstConsumer"'],
    ],
    [{ provisioner: 'p', parameters: { '': 'x' } }, ['parameters: Invalid value: "": field can not be empty.']],
    [
      { provisioner: 'p', parameters: { a: 'x'.repeat(262144) } },
      ['parameters: Too long: may not be more than 262144 bytes'],
    ],
    [terms(term('a'), term('b')), []],
    [terms(term('a', 'a')), [`${own}[0].values[1]: Duplicate value: "a"`]],
    [terms(term()), [`${own}[0].values: Required value`]],
    [terms({}), [`${own}: Duplicate value: ""`]],
    [terms(term('a', 'b'), term('b', 'a')), ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""']],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('what volumes were made by stays', () => {
    expect(read({})).toMatchObject({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' })
    const change = { provisioner: 'q', parameters: { a: 'b' }, reclaimPolicy: 'Retain', allowVolumeExpansion: true }
    expect(changed({ provisioner: 'p' }, change)).toEqual([
      'parameters: Invalid value: {"a":"b"}: field is immutable',
      'provisioner: Invalid value: "q": field is immutable',
      'reclaimPolicy: Invalid value: "Retain": field is immutable',
    ])
  })

  test('old labels are warned of', () => {
    const old = { matchLabelExpressions: [{ key: 'beta.kubernetes.io/os', values: ['linux'] }] }
    expect(warnings(terms(old))).toEqual([`${own}[0].key: deprecated since v1.14; use "kubernetes.io/os" instead`])
  })
})

describe('CSIDrivers', () => {
  const { read, created, changed, warnings } = judge(csidrivers, 'CSIDriver', group, ['VolumeLimitScaling'])
  const tokens = (...tokenRequests: object[]) => ({ spec: { tokenRequests } })

  test.each<[object, string[]]>([
    [{}, []],
    [{ spec: { fsGroupPolicy: 'None', volumeLifecycleModes: ['Ephemeral'] } }, []],
    [
      { spec: { volumeLifecycleModes: ['Some'] } },
      ['spec.volumeLifecycleModes: Unsupported value: "Some": supported values: "Persistent", "Ephemeral"'],
    ],
    [
      tokens({ audience: 'a' }, { audience: 'a', expirationSeconds: 1 }),
      ['spec.tokenRequests[1].audience: Duplicate value: "a"'],
    ],
    [
      tokens({ expirationSeconds: 599 }, { audience: 'b', expirationSeconds: 2 ** 32 + 1 }),
      [
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
      ],
    ],
    [
      { spec: { nodeAllocatableUpdatePeriodSeconds: 9 } },
      ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds'],
    ],
    [
      { spec: { serviceAccountTokenInSecrets: true } },
      [
        'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('defaults, immutable fields, warnings', () => {
    expect(read({}).spec).toEqual({
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    })
    expect(changed({}, { spec: { attachRequired: false } })).toEqual([
      'spec.attachedRequired: Invalid value: false: field is immutable',
    ])
    expect(warnings(tokens({ audience: 'a' }))).toHaveLength(1)
    expect(warnings({ spec: { tokenRequests: [{}], serviceAccountTokenInSecrets: false } })).toEqual([])
  })
})

describe('CSINodes', () => {
  const { created, changed } = judge(csinodes, 'CSINode', group)
  const drivers = (...list: object[]) => ({ spec: { drivers: list } })

  test.each<[object, string[]]>([
    [drivers({ name: 'a.test', nodeID: 'n', topologyKeys: ['zone'] }), []],
    [drivers({}), ['spec.drivers[0].name: Required value', 'spec.drivers[0].nodeID: Required value']],
    [drivers({ name: 'a', nodeID: 'n' }, { name: 'a', nodeID: 'n' }), ['spec.drivers[1].name: Duplicate value: "a"']],
    [drivers({ name: 'a', nodeID: 'n', topologyKeys: ['z', 'z'] }), ['spec.drivers[0]: Duplicate value: "z"']],
    [
      drivers({ name: 'a', nodeID: 'n', allocatable: { count: -1 } }),
      ['spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      drivers({ name: 'a', nodeID: 'n'.repeat(257) }),
      [`spec.drivers[0].nodeID: Invalid value: "${'n'.repeat(257)}": must be 256 characters or less`],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('a driver may only change how much can be allocated', () => {
    const old = drivers({ name: 'a', nodeID: 'n' })
    expect(
      changed(old, drivers({ name: 'a', nodeID: 'n', allocatable: { count: 1 } }, { name: 'b', nodeID: 'm' })),
    ).toEqual([])
    expect(changed(old, drivers({ name: 'a', nodeID: 'n', topologyKeys: [] }))).toEqual([])
    expect(changed(old, drivers({ name: 'a', nodeID: 'm' }))).toEqual([
      'spec.drivers: Invalid value: {"Name":"a","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
    ])
  })
})

test('CSIStorageCapacities', () => {
  const { created, changed } = judge(csistoragecapacities, 'CSIStorageCapacity', group)
  expect(created({ storageClassName: 'fast', capacity: '1Gi' })).toEqual([])
  expect(created({ storageClassName: 'fast', capacity: '-1' })).toEqual([
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ])
  expect(changed({ storageClassName: 'a' }, { storageClassName: 'b', nodeTopology: {}, capacity: '1' })).toEqual([
    'nodeTopology: Invalid value: {}: field is immutable',
    'storageClassName: Invalid value: "b": field is immutable',
  ])
})

describe('VolumeAttachments', () => {
  const { created, changed } = judge(volumeattachments, 'VolumeAttachment', group)
  const body = (source: object) => ({ spec: { attacher: 'a.test', nodeName: 'n', source } })
  const inline = (more: object) => body({ inlineVolumeSpec: { accessModes: ['ReadWriteOnce'], ...more } })
  const csi = { driver: 'd', volumeHandle: 'h' }
  const at = 'spec.source.inlineVolumeSpec'

  test.each<[object, string[]]>([
    [body({ persistentVolumeName: 'pv' }), []],
    [body({}), ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName']],
    [inline({ csi }), []],
    [
      inline({}),
      [
        `${at}.csi: Required value: has to be specified in the context of inline volumes`,
        `${at}: Required value: must specify a volume type`,
      ],
    ],
    [
      inline({ csi, capacity: { storage: '1' }, storageClassName: 'c', volumeMode: 'Block' }),
      [
        `${at}.capacity: Forbidden: may not be specified in the context of inline volumes`,
        `${at}.storageClassName: Forbidden: may not be specified in the context of inline volumes`,
        `${at}.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes`,
      ],
    ],
    [
      inline({ csi: { ...csi, nodePublishSecretRef: { name: 's' } } }),
      [`${at}.csi.nodePublishSecretRef.namespace: Required value`],
    ],
    [
      inline({ csi, local: {} }),
      [
        `${at}.local.path: Required value`,
        `${at}.nodeAffinity: Required value: Local volume requires node affinity`,
        `${at}.csi: Forbidden: may not specify more than 1 volume type`,
      ],
    ],
    [
      inline({ csi, rbd: { monitors: [], pool: 'a' } }),
      [
        `${at}.rbd.monitors: Required value`,
        `${at}.rbd.image: Required value`,
        `${at}.csi: Forbidden: may not specify more than 1 volume type`,
      ],
    ],
  ])('%j', (object, wrong) => expect(created(object)).toEqual(wrong))

  test('the spec stays', () => {
    const [wrong] = changed(body({ persistentVolumeName: 'a' }), body({ persistentVolumeName: 'b' }))
    expect(wrong).toBe(
      'spec: Invalid value: {"Attacher":"a.test","Source":{"PersistentVolumeName":"b","InlineVolumeSpec":null},"NodeName":"n"}: field is immutable',
    )
  })
})

test('VolumeAttributesClasses', () => {
  const { created, changed } = judge(volumeattributesclasses, 'VolumeAttributesClass', group)
  expect(created({ driverName: 'd' })).toEqual(['parameters: Required value: must contain at least one key/value pair'])
  expect(changed({ driverName: 'd', parameters: { a: 'b' } }, { driverName: 'e', parameters: { a: 'c' } })).toEqual([
    'driverName: Forbidden: updates to driverName are forbidden.',
    'parameters: Forbidden: updates to parameters are forbidden.',
  ])
})
