import { expect, test } from 'vitest'
import { defaultVolume } from './defaults.js'
import { podOptions } from './ratcheting.js'
import { contextWith, findings } from './testing/pods.js'
import { validateVolumes } from './validate-volumes.js'
import type { Volume } from './volume-types.js'

const options = podOptions(undefined, contextWith())

function problems(volume: Volume, meta = { name: 'p' }): string[] {
  const own = { name: 'v', ...volume }
  defaultVolume(own)
  return findings((errors) => validateVolumes([own], meta, 'volumes', errors, options)).map((text) =>
    text.replace('volumes[0].', ''),
  )
}

const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const cases: readonly (readonly [string, Volume, readonly string[]])[] = [
  [
    'host path',
    { hostPath: { path: '/a/../b', type: 'Dir' } },
    [
      'hostPath.path: Invalid value: "/a/../b": must not contain \'..\'',
      'hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    'negative size',
    { emptyDir: { sizeLimit: '-1' } },
    ['emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity'],
  ],
  ['two sources', { emptyDir: {}, cephfs: {} }, ['cephFS: Forbidden: may not specify more than 1 volume type']],
  [
    'disks',
    { gcePersistentDisk: { partition: 256 } },
    [
      'persistentDisk.pdName: Required value',
      'persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive',
    ],
  ],
  [
    'secret',
    { secret: { defaultMode: 0o1000, items: [{ key: 'k', path: '..x' }] } },
    [
      'secret.secretName: Required value',
      'secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      'secret.items[0].path: Invalid value: "..x": must not start with \'..\'',
    ],
  ],
  ['nfs', { nfs: { server: 's', path: 'x' } }, ['nfs.path: Invalid value: "x": must be an absolute path']],
  [
    'iscsi',
    { iscsi: { targetPortal: 'p', iqn: 'iqn.x', lun: 256, initiatorName: 'x', chapAuthSession: true } },
    [
      'iscsi.iqn: Invalid value: "iqn.x": must be valid format',
      'iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive',
      'iscsi.secretRef: Required value',
      'iscsi.initiatorname: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
    ],
  ],
  ['a good iscsi name', { iscsi: { targetPortal: 'p', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } }, []],
  [
    'fibre channel',
    { fc: { targetWWNs: ['a'], wwids: ['b'] } },
    [
      'fc.targetWWNs: Invalid value: ["a"]: targetWWNs and wwids can not be specified simultaneously',
      'fc.lun: Required value: lun is required if targetWWNs is specified',
    ],
  ],
  [
    'flex',
    { flexVolume: { driver: 'd', options: { 'K8s.io/x': '1', 'ok.io/y': '2' } } },
    ['flexVolume.options[K8s.io/x]: Invalid value: "K8s.io/x": kubernetes.io and k8s.io namespaces are reserved'],
  ],
  [
    'quobyte',
    { quobyte: { registry: 'a:1,[::1]:2,b,c:d:1', volume: 'v' } },
    Array.from(
      { length: 2 },
      () =>
        'quobyte.registry: Invalid value: "a:1,[::1]:2,b,c:d:1": must be a host:port pair or multiple pairs separated by commas',
    ),
  ],
  [
    'azure',
    { azureDisk: { diskName: 'd', diskURI: 'x', kind: 'Managed', cachingMode: 'None' } },
    [
      'azureDisk.diskURI: Unsupported value: "x": supported values: "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"',
    ],
  ],
  [
    'csi',
    { csi: { driver: 'A_b', nodePublishSecretRef: {} } },
    [
      "csi.driver: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      'csi.nodePublishSecretRef.name: Required value',
    ],
  ],
  ['image', { image: {} }, ['image.reference: Required value']],
  [
    'downward',
    { downwardAPI: { items: [{ path: 'a' }, { path: 'b', resourceFieldRef: { resource: 'limits.cpu' } }] } },
    [
      'downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
      'downwardAPI.resourceFieldRef.containerName: Required value',
    ],
  ],
  [
    'projections',
    {
      projected: {
        sources: [
          {
            secret: { name: 's', items: [{ key: 'a', path: 'x' }] },
            configMap: { name: 'c', items: [{ key: 'b', path: 'x' }] },
          },
          { serviceAccountToken: { expirationSeconds: 5 } },
        ],
      },
    },
    [
      'projected: Invalid value: "c": conflicting duplicate paths',
      'projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
      'projected.sources[1].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
      'projected.path: Required value',
    ],
  ],
  [
    'certificates',
    { projected: { sources: [{ podCertificate: { signerName: 'x', keyType: 'RSA1', maxExpirationSeconds: 5 } }] } },
    [
      'projected.sources[0].podCertificate.signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
      'projected.sources[0].podCertificate.keyType: Unsupported value: "RSA1": supported values: "RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"',
      'projected.sources[0].podCertificate.maxExpirationSeconds: Invalid value: 5: if provided, maxExpirationSeconds must be >= 3600',
      'projected.sources[0].podCertificate: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath',
    ],
  ],
  [
    'claims',
    { ephemeral: { volumeClaimTemplate: { metadata: { name: 'x' }, spec: {} } } },
    [
      'ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
      'ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
      'ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ],
  ],
  [
    'data sources',
    {
      ephemeral: {
        volumeClaimTemplate: {
          spec: {
            ...claim,
            dataSource: { kind: 'A', name: 'a' },
            dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'b' },
          },
        },
      },
    },
    [
      'ephemeral.volumeClaimTemplate.spec.dataSource: Invalid value: "A": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
      'ephemeral.volumeClaimTemplate.spec: Invalid value: {}: must match dataSourceRef',
    ],
  ],
]
for (const [what, volume, want] of cases) test(what, () => expect(problems(volume)).toEqual(want))

test('the claim of an ephemeral volume is named after the pod', () => {
  const volume = { ephemeral: { volumeClaimTemplate: { spec: claim } } }
  expect(problems(volume)).toEqual([])
  expect(problems(volume, { name: 'p'.repeat(253) })[0]).toMatch(/^name: Invalid value: "v": PVC name "p+-v": must be/)
})

test('mounts may name valid volumes only, and names are unique', () => {
  const volumes = [
    { name: 'a', emptyDir: {} },
    { name: 'a', emptyDir: {} },
    { name: 'b', hostPath: {} },
  ]
  const found = findings((errors) => {
    expect([...validateVolumes(volumes, undefined, 'volumes', errors, options).keys()]).toEqual(['a'])
  })
  expect(found).toEqual(['volumes[1].name: Duplicate value: "a"', 'volumes[2].hostPath.path: Required value'])
})
