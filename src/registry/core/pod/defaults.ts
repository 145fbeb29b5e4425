import { isHugePages, isPodLevelResource, type KubeObject, parseQuantity, setOwn } from '../../../api/index.js'
import { defaultPullPolicy } from './image-name.js'
import { aggregateContainers, isOvercommitAllowed } from './resource-lists.js'
import type { PodStatus } from './status-types.js'
import type { Container, EphemeralContainer, LifecycleHandler, PodSpec, PodTemplateSpec, Probe } from './types.js'
import type { DownwardAPIVolumeFile, Volume } from './volume-types.js'

/**
 * Defaults of pods and pod templates that the facts' markers do not say, and what upstream's conversion to its internal form
 * does besides. In place. Source: pkg/apis/core/v1 defaults.go and conversion.go.
 */
export function defaultPodTemplate(template: PodTemplateSpec): void {
  dropInitContainerAnnotations(template.metadata)
  template.spec ??= {}
  defaultPodSpec(template.spec)
}

/** What pods get beyond the defaults of every pod spec. */
export function defaultPod(pod: KubeObject): void {
  dropInitContainerAnnotations(pod.metadata)
  pod.spec ??= {}
  const spec: PodSpec = pod.spec
  defaultPodSpec(spec)
  for (const container of spec.containers ?? []) requestsFromLimits(container)
  for (const container of spec.initContainers ?? []) requestsFromLimits(container)
  defaultPodLevelResources(spec)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) {
    for (const container of spec.containers ?? []) hostPorts(container)
    for (const container of spec.initContainers ?? []) hostPorts(container)
  }
  if (spec.terminationGracePeriodSeconds! < 0) spec.terminationGracePeriodSeconds = 1
  if (pod.status) {
    syncPodIPs(pod.status)
    roundStatusResources(pod.status)
  }
}

function roundStatusResources(status: PodStatus): void {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  for (const held of [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses, status]) {
    roundResourceList(held.allocatedResources)
    roundResourceList(held.resources?.limits)
    roundResourceList(held.resources?.requests)
  }
}

/** For everything that holds a pod spec. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const container of spec.initContainers ?? []) defaultContainer(container)
  for (const container of spec.containers ?? []) defaultContainer(container)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container)
  roundResourceList(spec.overhead)
  roundResourceList(spec.resources?.limits)
  roundResourceList(spec.resources?.requests)
}

/** Resource quantities are rounded up to thousandths. */
export function roundResourceList(list: Record<string, string> | undefined | null): void {
  if (!list) return
  for (const name of Object.keys(list)) {
    const text = list[name]!
    if (!wholeThousandths.test(text)) setOwn(list, name, parseQuantity(text).roundUp(-3).toString())
  }
}

/** Also for volumes in other kinds' templates. */
export function defaultVolume(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {}
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.secret) volume.secret.defaultMode ??= defaultMode
  if (volume.configMap) volume.configMap.defaultMode ??= defaultMode
  if (volume.image && !volume.image.pullPolicy) {
    volume.image.pullPolicy = defaultPullPolicy(volume.image.reference ?? '')
  }
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= defaultMode
    defaultFieldRefs(volume.downwardAPI.items)
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= defaultMode
    for (const { downwardAPI, serviceAccountToken } of volume.projected.sources ?? []) {
      if (downwardAPI) defaultFieldRefs(downwardAPI.items)
      if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600
    }
  }
  const claim = volume.ephemeral?.volumeClaimTemplate
  if (claim) {
    claim.spec ??= {}
    claim.spec.volumeMode ??= 'Filesystem'
    roundResourceList(claim.spec.resources?.limits)
    roundResourceList(claim.spec.resources?.requests)
  }
}

const defaultMode = 0o644
/** Quantities that rounding to thousandths leaves alone. */
const wholeThousandths = /^\d{1,15}(?:m|[kMGTPE]i?|Ki)?$/

function hasSource(volume: Volume): boolean {
  for (const name in volume) if (name !== 'name' && volume[name as keyof Volume]) return true
  return false
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image ?? '')
  container.terminationMessagePath ||= '/dev/termination-log'
  container.terminationMessagePolicy ||= 'File'
  for (const { valueFrom } of container.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ||= 'v1'
  roundResourceList(container.resources?.limits)
  roundResourceList(container.resources?.requests)
  defaultProbe(container.livenessProbe)
  defaultProbe(container.readinessProbe)
  defaultProbe(container.startupProbe)
  defaultHttpGet(container.lifecycle?.postStart)
  defaultHttpGet(container.lifecycle?.preStop)
}

function defaultProbe(probe: Probe | undefined | null): void {
  if (!probe) return
  probe.timeoutSeconds ||= 1
  probe.periodSeconds ||= 10
  probe.successThreshold ||= 1
  probe.failureThreshold ||= 3
  defaultHttpGet(probe)
}

function defaultHttpGet(handler: LifecycleHandler | undefined | null): void {
  const get = handler?.httpGet
  if (!get) return
  get.path ||= '/'
  get.scheme ||= 'HTTP'
}

function defaultFieldRefs(items: readonly DownwardAPIVolumeFile[] | undefined | null): void {
  for (const { fieldRef } of items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1'
}

function requestsFromLimits({ resources }: Container): void {
  if (!resources?.limits) return
  resources.requests ??= {}
  fillFrom(resources.requests, resources.limits)
}

function fillFrom(requests: Record<string, string>, limits: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(limits)) if (!Object.hasOwn(requests, name)) setOwn(requests, name, limits[name])
}

function hostPorts({ ports }: Container): void {
  for (const port of ports ?? []) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort
}

/** Pod-level requests and huge page limits that follow from the pod-level limits and from the containers. */
export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec
  if (!resources) return
  const { requests = {}, limits = {} } = resources
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return
  for (const [name, sum] of aggregateContainers(spec, 'limits')) {
    if (!isHugePages(name) || Object.hasOwn(requests, name) || Object.hasOwn(limits, name)) continue
    limits[name] = sum.toString()
    resources.limits = limits
  }
  if (Object.keys(limits).length === 0) return
  for (const [name, sum] of aggregateContainers(spec, 'requests')) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name) && !Object.hasOwn(requests, name)) {
      requests[name] = sum.toString()
    }
  }
  for (const name of Object.keys(limits)) {
    if (isPodLevelResource(name) && !Object.hasOwn(requests, name)) requests[name] = limits[name]!
  }
  if (Object.keys(requests).length > 0) resources.requests = requests
}

/** podIP and podIPs tell the same first address; podIP wins. */
function syncPodIPs(status: { podIP?: string; podIPs?: { ip?: string }[] }): void {
  const first = status.podIPs?.[0]
  if (!status.podIP) {
    if (first?.ip) status.podIP = first.ip
  } else if (first?.ip !== status.podIP) {
    status.podIPs = [{ ip: status.podIP }]
  }
}

const initContainerAnnotations = [
  'pod.beta.kubernetes.io/init-containers',
  'pod.alpha.kubernetes.io/init-containers',
  'pod.beta.kubernetes.io/init-container-statuses',
  'pod.alpha.kubernetes.io/init-container-statuses',
]

function dropInitContainerAnnotations(meta: { annotations?: Record<string, string> } | undefined | null): void {
  const annotations = meta?.annotations
  if (!annotations) return
  for (const name of initContainerAnnotations) if (Object.hasOwn(annotations, name)) delete annotations[name]
}
