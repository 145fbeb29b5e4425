import type { KubeObject } from '../../../api/index.js'
import type { RuleContext } from '../../rules.js'
import { forEachContainer, someContainer } from './containers.js'
import type { ContainerStatus, PodStatus } from './status-types.js'
import type { Container, PodSpec, PodTemplateSpec } from './types.js'
import type { VolumeProjection } from './volume-types.js'

type Gates = Pick<RuleContext, 'enabled'>

/**
 * Takes away what switched-off feature gates do not know, unless the old object has it already. In place. Gates that 1.36
 * has for good are not asked. Source: pkg/api/pod/util.go.
 */
export function dropDisabledTemplateFields(
  template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  gates: Gates,
): void {
  if (template?.spec) dropDisabledSpecFields(template.spec, old?.spec, gates)
}

/** The same for a pod, its status included. */
export function dropDisabledPodFields(pod: KubeObject, old: KubeObject | undefined, gates: Gates): void {
  if (pod.spec) dropDisabledSpecFields(pod.spec, old?.spec, gates)
  if (pod.status) dropDisabledStatusFields(pod.status, old?.status, old?.spec?.resourceClaims?.length > 0, gates)
}

function dropDisabledSpecFields(spec: PodSpec, old: PodSpec | undefined, { enabled }: Gates): void {
  if (!enabled('ImageVolume') && !old?.volumes?.some(({ image }) => image)) dropImageVolumes(spec)
  if (!enabled('DynamicResourceAllocation') && !old?.resourceClaims?.length) {
    delete spec.resourceClaims
    forEachContainer(spec, '', ({ resources }) => {
      if (resources) delete resources.claims
    })
  }
  if (!enabled('PodLevelResources') && !usesResources(old)) delete spec.resources
  if (!enabled('MatchLabelKeysInPodTopologySpread')) {
    const used = old?.topologySpreadConstraints?.some(({ matchLabelKeys }) => matchLabelKeys?.length)
    if (!used) for (const constraint of spec.topologySpreadConstraints ?? []) delete constraint.matchLabelKeys
  }
  if (!enabled('ClusterTrustBundleProjection')) dropProjection('clusterTrustBundle', spec, old)
  if (!enabled('PodCertificateRequest')) dropProjection('podCertificate', spec, old)
  if (!enabled('GenericWorkload') && !old?.schedulingGroup) delete spec.schedulingGroup
  if (!enabled('ContainerRestartRules') && !usesRestartRules(old)) dropRestartRules(spec)
  if (!enabled('HostnameOverride') && old?.hostnameOverride === undefined) delete spec.hostnameOverride
  if (!enabled('EnvFiles') && !has(old, usesFiles)) {
    forEachContainer(spec, '', ({ env }) => {
      for (const { valueFrom } of env ?? []) if (valueFrom) delete valueFrom.fileKeyRef
    })
  }
  if (!enabled('ContainerStopSignals') && !has(old, ({ lifecycle }) => lifecycle?.stopSignal !== undefined)) {
    forEachContainer(spec, '', (container) => {
      if (container.lifecycle?.stopSignal === undefined) return
      delete container.lifecycle.stopSignal
      if (!container.lifecycle.preStop && !container.lifecycle.postStart) delete container.lifecycle
    })
  }
}

function dropDisabledStatusFields(
  status: PodStatus,
  old: PodStatus | undefined,
  claimed: boolean,
  { enabled }: Gates,
): void {
  if (!enabled('InPlacePodLevelResourcesVerticalScaling') && !old?.resources && !old?.allocatedResources) {
    delete status.resources
    delete status.allocatedResources
  }
  if (!enabled('DynamicResourceAllocation') && !claimed) delete status.resourceClaimStatuses
  if (!enabled('PodObservedGenerationTracking') && !tracksGeneration(old)) {
    delete status.observedGeneration
    for (const condition of status.conditions ?? []) delete condition.observedGeneration
  }
  if (!enabled('DRAExtendedResource') && !old?.extendedResourceClaimStatus) delete status.extendedResourceClaimStatus
  if (!enabled('ResourceHealthStatus') && !statuses(old).some((one) => one.allocatedResourcesStatus?.length)) {
    for (const one of statuses(status)) delete one.allocatedResourcesStatus
  }
  if (!enabled('ResourceHealthStatusMessage') && !healths(old).some(({ message }) => message !== undefined)) {
    for (const health of healths(status)) delete health.message
  }
  if (!enabled('ImageVolumeWithDigest') && !mounts(old).some(({ volumeStatus }) => volumeStatus)) {
    for (const mount of mounts(status)) delete mount.volumeStatus
  }
  if (!enabled('DRANodeAllocatableResources') && !old?.nodeAllocatableResourceClaimStatuses?.length) {
    delete status.nodeAllocatableResourceClaimStatuses
  }
}

const tracksGeneration = (status: PodStatus | undefined): boolean =>
  Boolean(status?.observedGeneration) || (status?.conditions ?? []).some((one) => Boolean(one.observedGeneration))

/** And what would mount them. */
function dropImageVolumes(spec: PodSpec): void {
  const names = new Set((spec.volumes ?? []).flatMap(({ name, image }) => (image ? [name] : [])))
  if (names.size === 0) return
  const kept = spec.volumes?.filter(({ image }) => !image) ?? []
  if (kept.length > 0) spec.volumes = kept
  else delete spec.volumes
  forEachContainer(spec, '', (container) => {
    if (container.volumeMounts === undefined) return
    const mounted = container.volumeMounts.filter(({ name }) => !names.has(name))
    if (mounted.length > 0) container.volumeMounts = mounted
    else delete container.volumeMounts
  })
}

const statuses = (status: PodStatus | undefined): ContainerStatus[] => [
  ...(status?.containerStatuses ?? []),
  ...(status?.initContainerStatuses ?? []),
  ...(status?.ephemeralContainerStatuses ?? []),
]

const mounts = (status: PodStatus | undefined) => statuses(status).flatMap(({ volumeMounts }) => volumeMounts ?? [])

const healths = (status: PodStatus | undefined) =>
  statuses(status).flatMap((one) => (one.allocatedResourcesStatus ?? []).flatMap(({ resources }) => resources ?? []))

const has = (spec: PodSpec | undefined, test: (container: Container) => boolean): boolean =>
  spec !== undefined && someContainer(spec, test)

const usesFiles = ({ env }: Container): boolean => env?.some(({ valueFrom }) => valueFrom?.fileKeyRef) ?? false

const usesResources = (spec: PodSpec | undefined): boolean =>
  Object.keys(spec?.resources?.requests ?? {}).length > 0 || Object.keys(spec?.resources?.limits ?? {}).length > 0

function dropProjection(kind: keyof VolumeProjection, spec: PodSpec, old: PodSpec | undefined): void {
  const sources = (from: PodSpec | undefined): VolumeProjection[] =>
    (from?.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  if (sources(old).some((source) => source[kind])) return
  for (const source of sources(spec)) delete source[kind]
}

const usesRestartRules = (spec: PodSpec | undefined): boolean =>
  (spec?.initContainers?.some(
    ({ restartPolicy, restartPolicyRules }) =>
      (restartPolicy !== undefined && restartPolicy !== 'Always') || (restartPolicyRules?.length ?? 0) > 0,
  ) ??
    false) ||
  (spec?.containers?.some(({ restartPolicy }) => restartPolicy !== undefined) ?? false)

/** Sidecars keep what makes them sidecars. */
function dropRestartRules(spec: PodSpec): void {
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy !== 'Always') delete container.restartPolicy
    delete container.restartPolicyRules
  }
  for (const container of [...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    delete container.restartPolicy
    delete container.restartPolicyRules
  }
}
