import {
  asSent,
  child,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  each,
  FieldErrors,
  invalidEach,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isWildcardDns1123Subdomain,
  oneOf,
  parseIp,
  portName,
  portNumber,
  required,
} from '../../api/index.js'
import type { IngressBackend, IngressPath, IngressRule, IngressSpec } from './ingress-types.js'
import { reference } from './reference.js'

/** What an ingress may keep because it was stored with it. */
export interface IngressTolerance {
  readonly secretNames: boolean
  readonly wildcardRules: boolean
  /** Names of services may start with a digit. */
  readonly relaxedServiceNames: boolean
}

/** @param relaxed the gate RelaxedServiceNameValidation */
export function toleranceOf(old: IngressSpec | undefined, relaxed: boolean): IngressTolerance {
  return {
    secretNames: old?.tls?.some(({ secretName }) => secretName && isDns1123Subdomain(secretName).length > 0) ?? false,
    wildcardRules: old?.rules?.some((rule) => rule.host?.includes('*') && !isValidRule(rule)) ?? false,
    relaxedServiceNames: relaxed || (old !== undefined && serviceNames(old).some(isRelaxedName)),
  }
}

/** Source: kubernetes pkg/apis/networking/validation, ValidateIngressSpec. */
export function validateIngressSpec(spec: IngressSpec, tolerance: IngressTolerance, errors: FieldErrors): void {
  const rules = spec.rules ?? []
  if (rules.length === 0 && !spec.defaultBackend)
    errors.invalid('spec', asSent(spec, 'rules'), 'either `defaultBackend` or `rules` must be specified')
  if (spec.defaultBackend) validateBackend(spec.defaultBackend, 'spec.defaultBackend', tolerance, errors)
  each('spec.rules', rules, (rule, at) => {
    const wildcard = validateHost(rule.host ?? '', child(at, 'host'), errors)
    if (!wildcard || !tolerance.wildcardRules) validatePaths(rule, at, tolerance, errors)
  })
  each('spec.tls', spec.tls, ({ hosts, secretName }, at) => {
    each(child(at, 'hosts'), hosts, (host, own) => {
      invalidEach(errors, own, host, host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host))
    })
    if (secretName && !tolerance.secretNames) dns1123Subdomain(errors, child(at, 'secretName'), secretName)
  })
  if (spec.ingressClassName !== undefined) dns1123Subdomain(errors, 'spec.ingressClassName', spec.ingressClassName)
}

/** Tells whether there is a wildcard. */
function validateHost(host: string, path: string, errors: FieldErrors): boolean {
  if (host === '') return false
  if (parseIp(host) !== undefined) errors.invalid(path, host, 'must be a DNS name, not an IP address')
  const wildcard = host.includes('*')
  invalidEach(errors, path, host, wildcard ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host))
  return wildcard
}

function validatePaths({ http }: IngressRule, at: string, tolerance: IngressTolerance, errors: FieldErrors): void {
  if (!http) return
  const paths = child(at, 'http.paths')
  required(errors, paths, http.paths)
  each(paths, http.paths, (path, own) => validatePath(path, own, tolerance, errors))
}

const sequences = ['//', '/./', '/../', '%2f', '%2F']
const suffixes = ['/..', '/.']

function validatePath(
  { path = '', pathType, backend = {} }: IngressPath,
  at: string,
  tolerance: IngressTolerance,
  errors: FieldErrors,
): void {
  if (pathType == null) {
    errors.required(child(at, 'pathType'), 'pathType must be specified')
    return
  }
  const own = child(at, 'path')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) errors.invalid(own, path, 'must be an absolute path')
    for (const part of sequences) if (path.includes(part)) errors.invalid(own, path, `must not contain '${part}'`)
    for (const end of suffixes) if (path.endsWith(end)) errors.invalid(own, path, `cannot end with '${end}'`)
  } else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) errors.invalid(own, path, 'must be an absolute path')
  } else {
    oneOf(errors, child(at, 'pathType'), pathType, ['Exact', 'ImplementationSpecific', 'Prefix'])
  }
  validateBackend(backend, child(at, 'backend'), tolerance, errors)
}

function validateBackend(
  { service, resource }: IngressBackend,
  at: string,
  tolerance: IngressTolerance,
  errors: FieldErrors,
): void {
  if (resource && service) errors.invalid(at, '', 'cannot set both resource and service backends')
  else if (resource) reference(resource, child(at, 'resource'), errors)
  else if (service) validateService(service, at, tolerance, errors)
  else errors.invalid(at, '', 'resource or service backend is required')
}

function validateService(
  { name, port = {} }: NonNullable<IngressBackend['service']>,
  at: string,
  { relaxedServiceNames }: IngressTolerance,
  errors: FieldErrors,
): void {
  const own = child(at, 'service')
  if (required(errors, child(own, 'name'), name))
    (relaxedServiceNames ? dns1123Label : dns1035Label)(errors, child(own, 'name'), name)
  if (port.name && port.number) errors.invalid(at, '', 'cannot set both port name & port number')
  else if (port.name) portName(errors, child(own, 'port.name'), port.name)
  else if (port.number) portNumber(errors, child(own, 'port.number'), port.number)
  else errors.required(at, 'port name or number is required')
}

function isValidRule(rule: IngressRule): boolean {
  const errors = new FieldErrors()
  validatePaths(rule, '', { secretNames: false, wildcardRules: false, relaxedServiceNames: false }, errors)
  return errors.empty
}

const isRelaxedName = (name: string): boolean => isDns1123Label(name).length === 0 && isDns1035Label(name).length > 0

function serviceNames({ defaultBackend, rules = [] }: IngressSpec): string[] {
  const backends = [defaultBackend, ...rules.flatMap(({ http }) => http?.paths?.map(({ backend }) => backend) ?? [])]
  return backends.flatMap((backend) => (backend?.service ? [backend.service.name ?? ''] : []))
}
