import {
  child,
  dns1123Subdomain,
  type FieldErrors,
  index,
  type KubeObject,
  legacyIpAddress,
  oneOf,
  parseIp,
} from '../../api/index.js'
import { isLoadBalancer, type LoadBalancerIngress, specOf } from './service-types.js'

/** Source: pkg/apis/core/validation, ValidateLoadBalancerStatus. */
export function validateLoadBalancerStatus(
  service: KubeObject,
  old: KubeObject,
  errors: FieldErrors,
  strict: boolean,
): void {
  const at = 'status.loadBalancer.ingress'
  const ingress = ingressOf(service)
  if (!isLoadBalancer(specOf(service)) && ingress.length > 0) {
    errors.forbidden(at, "may only be used when `spec.type` is 'LoadBalancer'")
    return
  }
  const known = ingressOf(old).flatMap(({ ip }) => (ip ? [ip] : []))
  ingress.forEach(({ ip, ipMode, hostname }, i) => {
    const own = index(at, i)
    if (ip) legacyIpAddress(errors, child(own, 'ip'), ip, { old: known, strict })
    if (ipMode == null) {
      if (ip) errors.required(child(own, 'ipMode'), 'must be specified when `ip` is set')
    } else if (!ip) errors.forbidden(child(own, 'ipMode'), 'may not be specified when `ip` is not set')
    else oneOf(errors, child(own, 'ipMode'), ipMode, ['VIP', 'Proxy'])
    if (!hostname) return
    dns1123Subdomain(errors, child(own, 'hostname'), hostname)
    if (parseIp(hostname) !== undefined) {
      errors.invalid(child(own, 'hostname'), hostname, 'must be a DNS name, not an IP address')
    }
  })
}

const ingressOf = (service: KubeObject): readonly LoadBalancerIngress[] => service.status?.loadBalancer?.ingress ?? []
