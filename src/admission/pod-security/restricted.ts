import { procMount, seccomp } from './baseline.js'
import type { Check, Verdict } from './checks.js'
import type { Container, Pod, SecurityContext } from './pod.js'
import { containersText, plural, quoted, settersText, sorted } from './wording.js'

/** What a pod may not do, or must say, besides the baseline. `instead`: the check of the baseline that this one replaces. */
export const restricted: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      { since: 8, check: privilegeEscalation },
      { since: 25, check: exceptOnWindows(privilegeEscalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    versions: [
      { since: 22, check: capabilities, instead: 'capabilities_baseline' },
      { since: 25, check: exceptOnWindows(capabilities), instead: 'capabilities_baseline' },
    ],
  },
  { id: 'procMount_restricted', versions: [{ since: 35, check: procMount, instead: 'procMount' }] },
  { id: 'restrictedVolumes', versions: [{ since: 0, check: volumes, instead: 'hostPathVolumes' }] },
  {
    id: 'runAsNonRoot',
    versions: [
      { since: 0, check: runAsNonRoot },
      { since: 35, check: exceptWithUsersOfItsOwn(runAsNonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      { since: 23, check: runAsUser },
      { since: 35, check: exceptWithUsersOfItsOwn(runAsUser) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    versions: [
      { since: 19, check: seccompSet, instead: 'seccompProfile_baseline' },
      { since: 25, check: exceptOnWindows(seccompSet), instead: 'seccompProfile_baseline' },
    ],
  },
]

function exceptOnWindows(check: (pod: Pod) => Verdict): (pod: Pod) => Verdict {
  return (pod) => (pod.spec.os?.name === 'windows' ? undefined : check(pod))
}

function exceptWithUsersOfItsOwn(check: (pod: Pod) => Verdict): (pod: Pod) => Verdict {
  return (pod) => (pod.spec.hostUsers === false ? undefined : check(pod))
}

function privilegeEscalation({ containers }: Pod): Verdict {
  const bad = containers.filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

function capabilities({ containers }: Pod): Verdict {
  const added = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const adding = containers.filter((container) => added(container).length > 0)
  const details: string[] = []
  if (keeping.length > 0) details.push(`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`)
  if (adding.length > 0) {
    const names = quoted(sorted(adding.flatMap(added)))
    details.push(`${containersText(adding)} must not include ${names} in securityContext.capabilities.add`)
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]
const restrictedVolumes = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
]

function volumes({ spec }: Pod): Verdict {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.some((type) => volume[type] !== undefined))
  if (bad.length === 0) return undefined
  const types = sorted(bad.map((volume) => restrictedVolumes.find((type) => volume[type] !== undefined) ?? 'unknown'))
  const names = quoted(bad.map(({ name }) => name ?? ''))
  return {
    reason: 'restricted volume types',
    detail: `${plural(bad.length, 'volume')} ${names} ${plural(bad.length, 'uses', 'use')} ${plural(types.length, 'restricted volume type')} ${quoted(types)}`,
  }
}

function runAsNonRoot({ spec, containers }: Pod): Verdict {
  const ofPod = spec.securityContext?.runAsNonRoot
  const of = ({ securityContext }: Container) => securityContext?.runAsNonRoot
  const reason = 'runAsNonRoot != true'
  const setters = settersText(
    ofPod === false,
    containers.filter((container) => of(container) === false),
  )
  if (setters !== '') return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  const silent = ofPod === true ? [] : containers.filter((container) => of(container) === undefined)
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` }
}

function runAsUser({ spec, containers }: Pod): Verdict {
  const isBad = ({ runAsUser: user }: SecurityContext = {}) => user === 0
  const setters = settersText(
    isBad(spec.securityContext),
    containers.filter(({ securityContext }) => isBad(securityContext)),
  )
  return setters === '' ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

function seccompSet(pod: Pod): Verdict {
  const wrong = seccomp(pod)
  if (wrong !== undefined || pod.spec.securityContext?.seccompProfile !== undefined) return wrong
  const silent = pod.containers.filter(({ securityContext }) => securityContext?.seccompProfile === undefined)
  if (silent.length === 0) return undefined
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
}
