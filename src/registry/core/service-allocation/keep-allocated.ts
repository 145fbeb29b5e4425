import { needsHealthCheck, nodePortsOf, type ServiceSpec, sameTexts, usesClusterIP } from '../service-types.js'

/**
 * Gives a service that is put again without them the values that were allocated for it, in place, so that a client may send
 * the same manifest twice. Source: pkg/registry/core/service/storage/storage.go, patchAllocatedValues.
 */
export function keepAllocated(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  if (usesClusterIP(before) && usesClusterIP(spec)) {
    if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP
    if (!spec.clusterIPs?.length && before.clusterIPs?.length) spec.clusterIPs = [...before.clusterIPs]
  }
  if (hasNodePorts(before) && hasNodePorts(spec)) {
    const now = new Set(nodePortsOf(spec))
    const used = new Set(nodePortsOf(before).filter((port) => now.has(port)))
    const byName = new Map((before.ports ?? []).map(({ name, nodePort }) => [name ?? '', nodePort ?? 0]))
    for (const port of spec.ports ?? []) {
      const known = port.nodePort ? 0 : (byName.get(port.name ?? '') ?? 0)
      if (known !== 0 && !used.has(known)) port.nodePort = known
    }
  }
  if (needsHealthCheck(before) && needsHealthCheck(spec) && before.healthCheckNodePort) {
    spec.healthCheckNodePort ||= before.healthCheckNodePort
  }
}

/** Lets clients that know only `clusterIP` change it: `clusterIPs` follows. Source: normalizeClusterIPs. */
export function inferClusterIPs(spec: ServiceSpec, before: Readonly<ServiceSpec>): void {
  const [ip = '', had = ''] = [spec.clusterIP, before.clusterIP]
  if (before.clusterIPs?.length && !spec.clusterIPs?.length && ip === had) spec.clusterIPs = [...before.clusterIPs]
  if (ip === had || !sameTexts(before.clusterIPs, spec.clusterIPs)) return
  if (had !== '' && ip === '') delete spec.clusterIPs
  else spec.clusterIPs = [ip]
}

const hasNodePorts = (spec: Readonly<ServiceSpec>): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
