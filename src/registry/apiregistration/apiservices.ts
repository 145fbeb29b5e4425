import {
  dns1035Label,
  dns1123Subdomain,
  each,
  type FieldErrors,
  isPathSegmentName,
  isPortNumber,
  type KubeObject,
  oneOf,
  quote,
  required,
  rfc3339,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

const local = { reason: 'Local', message: 'Local APIServices are always available' }

export const apiservices: ResourceRules = {
  name: 'pathSegment',
  ownMetadata: true,
  allowUnconditionalUpdate: false,
  resetFields: { status: ['spec', 'metadata'] },
  defaults: {
    v1({ spec }) {
      if (spec?.service) spec.service.port ??= 443
    },
  },
  prepareForCreate(service, { now }) {
    service.status =
      service.spec?.service === undefined
        ? { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: rfc3339(now()), ...local }] }
        : {}
  },
  validate(service, errors) {
    validateObjectMeta(service.metadata, { namespaced: false, name: nameCheck(service) }, 'metadata', errors)
    validateSpec(service.spec ?? {}, errors)
  },
  validateUpdate(service, _, errors) {
    validateObjectMeta(service.metadata, { namespaced: false, name: nameCheck(service) }, 'metadata', errors)
    validateSpec(service.spec ?? {}, errors)
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
  validateStatusUpdate({ status }, _, errors) {
    const conditions: { status?: string }[] = status?.conditions ?? []
    each('status.conditions', conditions, (condition, at) => {
      oneOf(errors, `${at}.status`, condition.status, ['True', 'False', 'Unknown'], 'given')
    })
  },
}

interface APIServiceSpec {
  service?: { namespace?: string; name?: string; port?: number }
  group?: string
  version?: string
  insecureSkipTLSVerify?: boolean
  caBundle?: string
  groupPriorityMinimum?: number
  versionPriority?: number
}

/** The name is the version and the group. */
function nameCheck({ spec = {} }: KubeObject): (name: string) => readonly string[] {
  const { version = '', group = '' }: APIServiceSpec = spec
  const wanted = `${version}.${group}`
  return (name) => {
    const wrong = isPathSegmentName(name)
    if (wrong.length > 0) return wrong
    return name === wanted ? [] : [`must be \`spec.version+"."+spec.group\`: ${quote(wanted)}`]
  }
}

/** Source: kube-aggregator pkg/apis/apiregistration/validation, ValidateAPIService. */
function validateSpec(spec: APIServiceSpec, errors: FieldErrors): void {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service, caBundle = '' } = spec
  const { insecureSkipTLSVerify = false } = spec
  if (group !== '') dns1123Subdomain(errors, 'spec.group', group)
  else if (version !== 'v1')
    errors.required('spec.group', 'only v1 may have an empty group and it better be legacy kube')
  dns1035Label(errors, 'spec.version', version)
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20000)
    errors.invalid('spec.groupPriorityMinimum', groupPriorityMinimum, 'must be positive and less than 20000')
  if (versionPriority <= 0 || versionPriority > 1000)
    errors.invalid('spec.versionPriority', versionPriority, 'must be positive and less than 1000')

  const insecureAt = 'spec.insecureSkipTLSVerify'
  if (!service) {
    const bytes = Buffer.byteLength(caBundle, 'base64')
    if (bytes > 0) errors.invalid('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle')
    if (insecureSkipTLSVerify) errors.invalid(insecureAt, true, 'local APIServices may not have insecureSkipTLSVerify')
    return
  }
  required(errors, 'spec.service.namespace', service.namespace)
  required(errors, 'spec.service.name', service.name)
  const port = service.port ?? 0
  const wrongPort = isPortNumber(port)
  if (wrongPort.length > 0) errors.invalid('spec.service.port', port, `port is not valid: ${wrongPort.join(', ')}`)
  if (insecureSkipTLSVerify && caBundle !== '')
    errors.invalid(insecureAt, true, 'may not be true if caBundle is present')
}
