import { cidrWarnings, ipWarnings, type KubeObject } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { validateLoadBalancerStatus } from './load-balancer-status.js'
import {
  isExternallyAccessible,
  isLoadBalancer,
  type LoadBalancerIngress,
  needsHealthCheck,
  nodePortsOf,
  type ServiceSpec,
  sameTexts,
  serviceSpec,
  specOf,
  usesClusterIP,
  usesNodePorts,
} from './service-types.js'
import { topologyHints, topologyMode, validateService, validateServiceChange } from './service-validation.js'
import { strictAddresses } from './strict-addresses.js'

/** A service. What is allocated for it is chosen and written by its companions: service-allocation/. */
export const services: ResourceRules = {
  name: 'dns1123Label',
  without: { gate: 'RelaxedServiceNameValidation', rules: { name: 'dns1035Label' } },
  allowCreateOnUpdate: true,
  returnDeletedObject: true,
  fields: {
    'spec.clusterIP': (service) => specOf(service).clusterIP ?? '',
    'spec.type': (service) => specOf(service).type ?? '',
  },
  defaults: { v1: setDefaults },
  validate(service, errors, { enabled }) {
    validateService(service, undefined, errors, enabled)
  },
  prepareForUpdate(service, old) {
    dropWhatTypeLeaves(serviceSpec(service), specOf(old))
    if (!isLoadBalancer(specOf(service))) service.status = { ...service.status, loadBalancer: {} }
  },
  validateUpdate(service, old, errors, { enabled }) {
    validateServiceChange(specOf(service), specOf(old), errors)
    validateService(service, old, errors, enabled)
  },
  validateStatusUpdate(service, old, errors, { enabled }) {
    validateLoadBalancerStatus(service, old, errors, enabled(strictAddresses))
  },
  warnings: (service, old, { subresource }) =>
    subresource === 'status' && old !== undefined ? statusWarnings(service) : specWarnings(service),
}

/** Source: pkg/apis/core/v1/defaults.go, SetDefaults_Service. */
function setDefaults(service: KubeObject): void {
  const spec = serviceSpec(service)
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds == null) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } }
  }
  spec.type ||= 'ClusterIP'
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    port.targetPort ||= port.port ?? 0
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster'
  if (spec.type === 'ClusterIP' || usesNodePorts(spec)) spec.internalTrafficPolicy ??= 'Cluster'
  if (!isLoadBalancer(spec)) return
  spec.allocateLoadBalancerNodePorts ??= true
  const ingress: LoadBalancerIngress[] = service.status?.loadBalancer?.ingress ?? []
  for (const item of ingress) if (item.ip) item.ipMode ??= 'VIP'
}

/**
 * A change of type takes away what the new type has no use for, as long as the client did not touch it: fields that were
 * filled in for the client should not have to be cleared by it. Source: pkg/registry/core/service/strategy.go.
 */
function dropWhatTypeLeaves(spec: ServiceSpec, old: Readonly<ServiceSpec>): void {
  if (usesClusterIP(old) && !usesClusterIP(spec)) {
    if ((old.clusterIP ?? '') === (spec.clusterIP ?? '') && sameTexts(old.clusterIPs, spec.clusterIPs)) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    if (sameTexts(old.ipFamilies, spec.ipFamilies)) delete spec.ipFamilies
    if ((old.ipFamilyPolicy ?? '') === (spec.ipFamilyPolicy ?? '')) delete spec.ipFamilyPolicy
  }
  if (usesNodePorts(old) && !usesNodePorts(spec)) {
    const had = new Set(nodePortsOf(old))
    if (nodePortsOf(spec).every((port) => had.has(port))) for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (needsHealthCheck(old) && !needsHealthCheck(spec)) dropIfSame(spec, old, 'healthCheckNodePort')
  if (isLoadBalancer(old) && !isLoadBalancer(spec)) {
    dropIfSame(spec, old, 'allocateLoadBalancerNodePorts')
    dropIfSame(spec, old, 'loadBalancerClass')
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) dropIfSame(spec, old, 'externalTrafficPolicy')
}

function dropIfSame(spec: ServiceSpec, old: Readonly<ServiceSpec>, field: keyof ServiceSpec): void {
  if ((spec[field] ?? undefined) === (old[field] ?? undefined)) delete spec[field]
}

/** Source: pkg/api/service/warnings.go. */
function specWarnings(service: KubeObject): string[] {
  const spec = specOf(service)
  const { clusterIPs = [], externalIPs = [], loadBalancerSourceRanges = [] } = spec
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  const warnings: string[] = []
  if (Object.hasOwn(service.metadata.annotations ?? {}, topologyHints)) {
    warnings.push(`annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`)
  }
  if (spec.clusterIP && spec.clusterIP !== 'None') {
    clusterIPs.forEach((ip, i) => {
      warnings.push(...ipWarnings(`spec.clusterIPs[${i}]`, ip))
    })
  }
  if (headless) {
    if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
    if (externalIPs.length > 0) warnings.push('spec.externalIPs is ignored for headless services')
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  externalIPs.forEach((ip, i) => {
    warnings.push(...ipWarnings(`spec.externalIPs[${i}]`, ip))
  })
  if (externalIPs.length > 0 && !headless && spec.type !== 'ExternalName') {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  }
  if (spec.loadBalancerIP) warnings.push(...ipWarnings('spec.loadBalancerIP', spec.loadBalancerIP))
  loadBalancerSourceRanges.forEach((range, i) => {
    warnings.push(...cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range))
  })
  if (spec.type === 'ExternalName' && externalIPs.length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  return warnings
}

function statusWarnings(service: KubeObject): string[] {
  const ingress: LoadBalancerIngress[] = service.status?.loadBalancer?.ingress ?? []
  return ingress.flatMap(({ ip }, i) => (ip ? ipWarnings(`status.loadBalancer.ingress[${i}]`, ip) : []))
}
