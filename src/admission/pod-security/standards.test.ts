import { describe, expect, it } from 'vitest'
import { baseline } from './baseline.js'
import { PodChecks } from './checks.js'
import { podOf } from './pod.js'
import { restricted } from './restricted.js'

const checks = new PodChecks(baseline, restricted)
const good = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

/** `@` stands for the containers that are at fault: `container "a"` or `containers "a", "b"`. */
type Row = readonly [setting: object, baseline: string | undefined, restricted: string | undefined]
const both = (setting: object, text: string | undefined): Row => [setting, text, text]
const capability = (name: string, isUsual: boolean): Row => [
  { capabilities: { drop: ['ALL'], add: [name] } },
  isUsual ? undefined : `non-default capabilities (@ must not include "${name}" in securityContext.capabilities.add)`,
  name === 'NET_BIND_SERVICE'
    ? undefined
    : `unrestricted capabilities (@ must not include "${name}" in securityContext.capabilities.add)`,
]
const usual = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]
const unusual = ['NET_RAW', 'NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE', 'SYS_TIME', 'ALL', 'chown', 'CAP_CHOWN']

/** Security contexts of containers. */
const contexts: readonly Row[] = [
  both({}, undefined),
  both({ privileged: false }, undefined),
  both({ privileged: true }, 'privileged (@ must not set securityContext.privileged=true)'),
  both({ procMount: 'Default' }, undefined),
  both({ procMount: 'Unmasked' }, 'procMount (@ must not set securityContext.procMount to "Unmasked")'),
  ...['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'].map((type) =>
    both({ seLinuxOptions: { type, level: 's0:c1' } }, undefined),
  ),
  both(
    { seLinuxOptions: { type: 'spc_t' } },
    'seLinuxOptions (@ set forbidden securityContext.seLinuxOptions: type "spc_t")',
  ),
  both(
    { seLinuxOptions: { user: 'u', role: 'r' } },
    'seLinuxOptions (@ set forbidden securityContext.seLinuxOptions: user may not be set; role may not be set)',
  ),
  both({ appArmorProfile: { type: 'RuntimeDefault' } }, undefined),
  both({ appArmorProfile: { type: 'Localhost', localhostProfile: 'x' } }, undefined),
  both(
    { appArmorProfile: { type: 'Unconfined' } },
    'forbidden AppArmor profile (@ must not set AppArmor profile type to "Unconfined")',
  ),
  both({ seccompProfile: { type: 'Localhost' } }, undefined),
  both(
    { seccompProfile: { type: 'Unconfined' } },
    'seccompProfile (@ must not set securityContext.seccompProfile.type to "Unconfined")',
  ),
  [
    { seccompProfile: undefined },
    undefined,
    'seccompProfile (pod or @ must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  ],
  both(
    { windowsOptions: { hostProcess: true } },
    'hostProcess (@ must not set securityContext.windowsOptions.hostProcess=true)',
  ),
  both({ windowsOptions: { hostProcess: false } }, undefined),
  [
    { allowPrivilegeEscalation: true },
    undefined,
    'allowPrivilegeEscalation != false (@ must set securityContext.allowPrivilegeEscalation=false)',
  ],
  [
    { allowPrivilegeEscalation: undefined },
    undefined,
    'allowPrivilegeEscalation != false (@ must set securityContext.allowPrivilegeEscalation=false)',
  ],
  [
    { capabilities: undefined },
    undefined,
    'unrestricted capabilities (@ must set securityContext.capabilities.drop=["ALL"])',
  ],
  [
    { capabilities: { drop: ['NET_RAW'] } },
    undefined,
    'unrestricted capabilities (@ must set securityContext.capabilities.drop=["ALL"])',
  ],
  [
    { runAsNonRoot: undefined },
    undefined,
    'runAsNonRoot != true (pod or @ must set securityContext.runAsNonRoot=true)',
  ],
  [{ runAsNonRoot: false }, undefined, 'runAsNonRoot != true (@ must not set securityContext.runAsNonRoot=false)'],
  [{ runAsUser: 0 }, undefined, 'runAsUser=0 (@ must not set runAsUser=0)'],
  both({ runAsUser: 1000 }, undefined),
  ...usual.map((name) => capability(name, true)),
  ...unusual.map((name) => capability(name, false)),
]

const places: readonly (readonly [string, (setting: object) => object, text: string])[] = [
  ['a container', (securityContext) => pod({ containers: [{ name: 'c', securityContext }] }), 'container "c"'],
  [
    'an init container',
    (securityContext) => pod({ initContainers: [{ name: 'i', securityContext }] }),
    'container "i"',
  ],
  [
    'an ephemeral container',
    (securityContext) => pod({ ephemeralContainers: [{ name: 'e', securityContext }] }),
    'container "e"',
  ],
  [
    'several',
    (securityContext) =>
      pod({ initContainers: [{ name: 'i', securityContext }], containers: [{ name: 'c', securityContext }] }),
    'containers "i", "c"',
  ],
]
const pod = (more: object) => ({ containers: [{ name: 'fine', securityContext: good }], ...more })

describe.each(places)('in %s', (_, place, at) => {
  it.each(contexts)('%j', (setting, lenient, strict) => {
    const spec = place({ ...good, ...setting })
    const judge = (level: 'baseline' | 'restricted') =>
      checks.evaluate(podOf({}, spec), { level, version: 'latest' })?.details
    expect(judge('baseline')).toBe(lenient?.replace('@', at))
    expect(judge('restricted')).toBe(strict?.replace('@', at))
    expect(checks.evaluate(podOf({}, spec), { level: 'privileged', version: 'latest' })).toBeUndefined()
  })
})

const sources = {
  allowed: [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'image',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ],
  restricted: [
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'fc',
    'flexVolume',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'iscsi',
    'nfs',
    'photonPersistentDisk',
    'portworxVolume',
    'quobyte',
    'rbd',
    'scaleIO',
    'storageos',
    'vsphereVolume',
  ],
}

describe('volumes', () => {
  const judge = (source: string, level: 'baseline' | 'restricted') =>
    checks.evaluate(podOf({}, pod({ volumes: [{ name: 'v', [source]: {} }] })), { level, version: 'latest' })?.details
  it.each(sources.allowed)('%s', (source) => {
    expect([judge(source, 'baseline'), judge(source, 'restricted')]).toEqual([undefined, undefined])
  })
  it.each(sources.restricted)('%s', (source) => {
    const text = `restricted volume types (volume "v" uses restricted volume type "${source}")`
    expect([judge(source, 'baseline'), judge(source, 'restricted')]).toEqual([undefined, text])
  })
  it('hostPath', () => {
    expect(judge('hostPath', 'baseline')).toBe('hostPath volumes (volume "v")')
    expect(judge('hostPath', 'restricted')).toBe(
      'restricted volume types (volume "v" uses restricted volume type "hostPath")',
    )
  })
})
