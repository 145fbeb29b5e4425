import {
  child,
  dns1123Subdomain,
  each,
  type FieldErrors,
  ipWarnings,
  legacyIpAddress,
  parseIp,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { toleranceOf, validateIngressSpec } from './ingress-spec.js'
import type { IngressSpec, IngressStatus } from './ingress-types.js'

const classAnnotation = 'kubernetes.io/ingress.class'
const relaxedServiceNames = 'RelaxedServiceNameValidation'
const addresses = 'status.loadBalancer.ingress'

export const ingresses: ResourceRules = {
  generation: true,
  validate({ metadata, spec = {} }, errors, { enabled }) {
    validateIngressSpec(spec, toleranceOf(undefined, enabled(relaxedServiceNames)), errors)
    const annotation = metadata.annotations?.[classAnnotation]
    const { ingressClassName }: IngressSpec = spec
    if (annotation === undefined || ingressClassName === undefined || annotation === ingressClassName) return
    const detail = 'must match `ingressClassName` when both are specified'
    errors.invalid(`annotations.${classAnnotation}`, annotation, detail)
  },
  validateUpdate({ metadata, spec = {} }, old, errors, { enabled }) {
    validateObjectMeta(metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateIngressSpec(spec, toleranceOf(old.spec ?? {}, enabled(relaxedServiceNames)), errors)
  },
  validateStatusUpdate({ status = {} }, old, errors, { enabled }) {
    validateStatus(status, old.status ?? {}, errors, enabled('StrictIPCIDRValidation'))
  },
  warnings({ metadata, spec, status }, old, { subresource }) {
    if (subresource === 'status') return statusWarnings(status ?? {})
    if (old !== undefined || metadata.annotations?.[classAnnotation] === undefined || spec?.ingressClassName) return []
    return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
  },
}

function validateStatus(status: IngressStatus, old: IngressStatus, errors: FieldErrors, strict: boolean): void {
  const known = { strict, old: old.loadBalancer?.ingress?.flatMap(({ ip }) => (ip ? [ip] : [])) ?? [] }
  each(addresses, status.loadBalancer?.ingress, ({ ip, hostname }, at) => {
    if (ip) legacyIpAddress(errors, child(at, 'ip'), ip, known)
    if (!hostname) return
    dns1123Subdomain(errors, child(at, 'hostname'), hostname)
    if (parseIp(hostname) !== undefined)
      errors.invalid(child(at, 'hostname'), hostname, 'must be a DNS name, not an IP address')
  })
}

const statusWarnings = ({ loadBalancer }: IngressStatus): string[] =>
  loadBalancer?.ingress?.flatMap(({ ip }, i) => (ip ? ipWarnings(`${addresses}[${i}]`, ip) : [])) ?? []
