import {
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  index,
  type KubeObject,
  key,
  legacyCidr,
  legacyIpAddress,
  oneOf,
  portNumber,
  portNumberOrName,
  qualifiedName,
  requiredOneOf,
  validateLabels,
} from '../../api/index.js'
import { validateEndpointIp } from './endpoint-address.js'
import { validateClusterIPs } from './service-cluster-ips.js'
import {
  isExternallyAccessible,
  isHeadless,
  isLoadBalancer,
  needsHealthCheck,
  type ServicePort,
  type ServiceSpec,
  specOf,
} from './service-types.js'
import { strictAddresses } from './strict-addresses.js'

export const topologyHints = 'service.kubernetes.io/topology-aware-hints'
export const topologyMode = 'service.kubernetes.io/topology-mode'
const sourceRanges = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const onlyForLoadBalancer = "may only be used when `type` is 'LoadBalancer'"

/** Everything but metadata, of a new service and of a changed one. Source: pkg/apis/core/validation, validateService. */
export function validateService(
  service: KubeObject,
  old: KubeObject | undefined,
  errors: FieldErrors,
  enabled: (gate: string) => boolean,
): void {
  const spec = specOf(service)
  const annotations = service.metadata.annotations ?? {}
  validateTopology(annotations, errors)
  validateType(spec, errors)
  validatePorts(spec, errors)
  validateLabels(spec.selector, 'spec.selector', errors)
  validateAffinity(spec, errors)
  const strict = enabled(strictAddresses)
  validateClusterIPs(spec, old === undefined ? undefined : specOf(old), errors, strict)
  validateExternalIPs(spec, old, errors, strict)
  requiredOneOf(errors, 'spec.type', spec.type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'])
  validateNodePorts(spec, errors)
  validateSourceRanges(service, old, errors, strict)
  if (spec.allocateLoadBalancerNodePorts != null && !isLoadBalancer(spec)) {
    errors.forbidden('spec.allocateLoadBalancerNodePorts', onlyForLoadBalancer)
  }
  if (isLoadBalancer(spec) && spec.allocateLoadBalancerNodePorts == null) {
    errors.required('allocateLoadBalancerNodePorts')
  }
  validateLoadBalancerClass(spec, errors)
  validateTraffic(
    spec,
    enabled('PreferSameTrafficDistribution') ? trafficDistributions : oldTrafficDistributions,
    errors,
  )
}

/** What must stay as it was. Source: ValidateServiceUpdate. */
export function validateServiceChange(spec: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  validateClusterIPsChange(spec, old, errors)
  validateFamiliesChange(spec, old, errors)
  if (isLoadBalancer(old) && isLoadBalancer(spec) && old.loadBalancerClass !== spec.loadBalancerClass) {
    errors.invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set')
  }
  validateLoadBalancerClass(spec, errors)
  const keepsPort = needsHealthCheck(old) && needsHealthCheck(spec)
  if (keepsPort && (old.healthCheckNodePort ?? 0) !== (spec.healthCheckNodePort ?? 0)) {
    errors.forbidden('spec.healthCheckNodePort', 'field is immutable')
  }
}

function validateTopology(annotations: Readonly<Record<string, string>>, errors: FieldErrors): void {
  const mode = annotations[topologyMode]
  const hints = annotations[topologyHints]
  if (mode === undefined || hints === undefined || mode === hints) return
  const at = key('metadata.annotations', topologyMode)
  errors.invalid(at, mode, `must match annotations[${topologyHints}] when both are specified`)
}

function validateType(spec: ServiceSpec, errors: FieldErrors): void {
  const { type, ports = [], clusterIPs = [], ipFamilies = [] } = spec
  const headless = isHeadless(spec)
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.required('spec.ports')
  if ((type === 'LoadBalancer' || type === 'NodePort') && headless) {
    errors.invalid('spec.clusterIPs[0]', clusterIPs[0], `may not be set to 'None' for ${type} services`)
  }
  if (type !== 'ExternalName') return
  const refusal = 'may not be set for ExternalName services'
  if (clusterIPs.length > 0) errors.forbidden('spec.clusterIPs', refusal)
  if (ipFamilies.length > 0) errors.forbidden('spec.ipFamilies', refusal)
  if (spec.ipFamilyPolicy != null) errors.forbidden('spec.ipFamilyPolicy', refusal)
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.required('spec.externalName')
  else dns1123Subdomain(errors, 'spec.externalName', name)
}

function validatePorts({ ports = [] }: ServiceSpec, errors: FieldErrors): void {
  const names = new Set<string>()
  ports.forEach((port, i) => {
    const at = index('spec.ports', i)
    const { name } = port
    if (name) {
      dns1123Label(errors, child(at, 'name'), name)
      if (names.has(name)) errors.duplicate(child(at, 'name'), name)
      names.add(name)
    } else if (ports.length > 1) errors.required(child(at, 'name'))
    portNumber(errors, child(at, 'port'), port.port ?? 0)
    requiredOneOf(errors, child(at, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP'])
    portNumberOrName(errors, child(at, 'targetPort'), port.targetPort ?? 0)
    if (port.appProtocol != null) qualifiedName(errors, child(at, 'appProtocol'), port.appProtocol)
  })
}

const maxAffinitySeconds = 86400

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec, errors: FieldErrors): void {
  requiredOneOf(errors, 'spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None'])
  const at = 'spec.sessionAffinityConfig'
  if (sessionAffinity === 'None') {
    if (config != null) errors.forbidden(at, 'must not be set when session affinity is None')
  } else if (sessionAffinity === 'ClientIP') {
    const why = 'when session affinity type is ClientIP'
    const seconds = config?.clientIP?.timeoutSeconds
    if (config == null) errors.required(at, why)
    else if (config.clientIP == null) errors.required(`${at}.clientIP`, why)
    else if (seconds == null) errors.required(`${at}.clientIP.timeoutSeconds`, why)
    else if (seconds <= 0 || seconds > maxAffinitySeconds) {
      const detail = `must be greater than 0 and less than ${maxAffinitySeconds}`
      errors.invalid(`${at}.clientIP.timeoutSeconds`, seconds, detail)
    }
  }
}

function validateExternalIPs(
  { externalIPs = [] }: ServiceSpec,
  old: KubeObject | undefined,
  errors: FieldErrors,
  strict: boolean,
): void {
  const known = (old && specOf(old).externalIPs) ?? []
  externalIPs.forEach((ip, i) => {
    const at = index('spec.externalIPs', i)
    if (legacyIpAddress(errors, at, ip, { old: known, strict })) validateEndpointIp(ip, at, errors)
  })
}

function validateNodePorts({ type, ports = [] }: ServiceSpec, errors: FieldErrors): void {
  if (type === 'ClusterIP') {
    ports.forEach(({ nodePort }, i) => {
      if (nodePort) errors.forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")
    })
  }
  const taken = new Set<string>()
  ports.forEach(({ nodePort, protocol }, i) => {
    if (!nodePort) return
    const own = `${protocol}/${nodePort}`
    if (taken.has(own)) errors.duplicate(`spec.ports[${i}].nodePort`, nodePort)
    taken.add(own)
  })
  const seen = new Set<string>()
  ports.forEach(({ port = 0, protocol = '' }, i) => {
    const own = `${protocol}/${port}`
    if (seen.has(own)) errors.duplicate(index('spec.ports', i), internalPort({ port, protocol }))
    seen.add(own)
  })
}

/** As upstream prints its internal type: Go's names, nothing left out. */
const internalPort = ({ port, protocol }: ServicePort): object => ({
  Name: '',
  Protocol: protocol,
  AppProtocol: null,
  Port: port,
  TargetPort: 0,
  NodePort: 0,
})

function validateSourceRanges(
  service: KubeObject,
  old: KubeObject | undefined,
  errors: FieldErrors,
  strict: boolean,
): void {
  const spec = specOf(service)
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = service.metadata.annotations?.[sourceRanges]
  if (ranges.length > 0) {
    const at = 'spec.LoadBalancerSourceRanges'
    if (!isLoadBalancer(spec)) errors.forbidden(at, onlyForLoadBalancer)
    const known = ((old && specOf(old).loadBalancerSourceRanges) ?? []).map((range) => range.trim())
    ranges.forEach((range, i) => {
      legacyCidr(errors, index(at, i), range.trim(), { old: known, strict })
    })
  } else if (annotation !== undefined) {
    const at = key('metadata.annotations', sourceRanges)
    if (!isLoadBalancer(spec)) errors.forbidden(at, onlyForLoadBalancer)
    if (annotation === old?.metadata.annotations?.[sourceRanges] || annotation.trim() === '') return
    for (const range of annotation.trim().split(',')) legacyCidr(errors, at, range.trim(), { strict })
  }
}

function validateLoadBalancerClass(spec: ServiceSpec, errors: FieldErrors): void {
  const { loadBalancerClass } = spec
  if (loadBalancerClass == null) return
  if (isLoadBalancer(spec)) qualifiedName(errors, 'spec.loadBalancerClass', loadBalancerClass)
  else errors.forbidden('spec.loadBalancerClass', onlyForLoadBalancer)
}

const trafficDistributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
const oldTrafficDistributions = ['PreferClose']

function validateTraffic(spec: ServiceSpec, distributions: readonly string[], errors: FieldErrors): void {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal, healthCheckNodePort: port = 0 } = spec
  const externalPath = 'spec.externalTrafficPolicy'
  if (isExternallyAccessible(spec)) requiredOneOf(errors, externalPath, external, ['Cluster', 'Local'])
  else if (external) errors.invalid(externalPath, external, 'may only be set for externally-accessible services')

  const portPath = 'spec.healthCheckNodePort'
  if (needsHealthCheck(spec)) {
    if (port === 0) errors.required(portPath)
    else portNumber(errors, portPath, port)
  } else if (port !== 0) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.invalid(portPath, port, detail)
  }

  const internalPath = 'spec.internalTrafficPolicy'
  if (internal != null) oneOf(errors, internalPath, internal, ['Cluster', 'Local'])
  else if (spec.type === 'ClusterIP' || spec.type === 'NodePort' || isLoadBalancer(spec)) errors.required(internalPath)

  const distribution = spec.trafficDistribution
  if (distribution != null && !distributions.includes(distribution)) {
    errors.notSupportedInOrder('spec.trafficDistribution', distribution, distributions)
  }
}

/** The first address stays; a second one comes and goes with the policy. */
function validateClusterIPsChange(spec: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return
  if (isHeadless(spec) && isHeadless(old)) return
  const before = old.clusterIPs ?? []
  const after = spec.clusterIPs ?? []
  const changed = 'may not change once set'
  if (before.length === after.length) {
    before.forEach((ip, i) => {
      if (ip !== after[i]) errors.invalid(index('spec.clusterIPs', i), after, changed)
    })
    return
  }
  if (before.length > after.length && after.length === 0) {
    errors.invalid('spec.clusterIPs[0]', spec.clusterIPs, 'primary clusterIP can not be unset')
  }
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) {
    errors.invalid('spec.clusterIPs[0]', after, changed)
  }
  if (before.length > after.length && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
    errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail)
  }
}

function validateFamiliesChange(spec: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return
  if (isHeadless(spec) || isHeadless(old)) return
  const before = old.ipFamilies ?? []
  const after = spec.ipFamilies ?? []
  const at = 'spec.ipFamilies[0]'
  const changed = 'may not change once set'
  if (before.length === after.length) {
    before.forEach((family, i) => {
      if (family !== after[i]) errors.invalid(at, after, changed)
    })
    return
  }
  const released = before.length > after.length
  // Upstream looks at the addresses here and tells them as the value below.
  if (released && !spec.clusterIPs?.length) errors.invalid(at, spec.ipFamilies, 'primary ipFamily can not be unset')
  if (before.length > 0 && after.length > 0 && before[0] !== after[0]) errors.invalid(at, spec.clusterIPs, changed)
  if (released && after.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily"
    errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail)
  }
}
