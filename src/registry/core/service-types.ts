import type { IntOrString, KubeObject } from '../../api/index.js'

/** What of a service its rules and its allocations look at. */
export interface ServiceSpec {
  ports?: ServicePort[]
  selector?: Record<string, string>
  clusterIP?: string
  clusterIPs?: string[]
  type?: string
  externalIPs?: string[]
  sessionAffinity?: string
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } }
  loadBalancerIP?: string
  loadBalancerSourceRanges?: string[]
  externalName?: string
  externalTrafficPolicy?: string
  healthCheckNodePort?: number
  ipFamilies?: string[]
  ipFamilyPolicy?: string
  allocateLoadBalancerNodePorts?: boolean
  loadBalancerClass?: string
  internalTrafficPolicy?: string
  trafficDistribution?: string
}

export interface ServicePort {
  name?: string
  protocol?: string
  appProtocol?: string
  port?: number
  targetPort?: IntOrString
  nodePort?: number
}

export interface LoadBalancerIngress {
  ip?: string
  hostname?: string
  ipMode?: string
}

/** The spec of a service, never absent. */
export function serviceSpec(service: KubeObject): ServiceSpec {
  service.spec ??= {}
  return service.spec as ServiceSpec
}

/** A read-only look, for objects that must not change. */
export const specOf = (service: KubeObject): Readonly<ServiceSpec> => (service.spec ?? {}) as ServiceSpec

export const isLoadBalancer = ({ type }: Readonly<ServiceSpec>): boolean => type === 'LoadBalancer'

export const usesNodePorts = ({ type }: Readonly<ServiceSpec>): boolean =>
  type === 'NodePort' || type === 'LoadBalancer'

export const usesClusterIP = ({ type }: Readonly<ServiceSpec>): boolean => type !== 'ExternalName'

export const isHeadless = ({ clusterIPs }: Readonly<ServiceSpec>): boolean =>
  clusterIPs?.length === 1 && clusterIPs[0] === 'None'

export const isExternallyAccessible = (spec: Readonly<ServiceSpec>): boolean =>
  usesNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0)

export const needsHealthCheck = (spec: Readonly<ServiceSpec>): boolean =>
  isLoadBalancer(spec) && spec.externalTrafficPolicy === 'Local'

export const nodePortsOf = ({ ports }: Readonly<ServiceSpec>): number[] =>
  (ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []))

export const sameTexts = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i])
