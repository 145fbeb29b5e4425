import {
  child,
  dns1123Label,
  domainPrefixedPath,
  type FieldErrors,
  immutable,
  maxLength,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { reference } from './reference.js'

export const ingressclasses: ResourceRules = {
  generation: true,
  defaults: {
    v1({ spec }) {
      if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
    },
  },
  validate: ({ spec }, errors) => validateSpec(spec ?? {}, errors),
  validateUpdate({ metadata, spec }, old, errors) {
    immutable(errors, 'spec.controller', spec?.controller ?? '', old.spec?.controller ?? '')
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(spec ?? {}, errors)
  },
}

interface IngressClassSpec {
  controller?: string
  parameters?: Parameters
}

interface Parameters {
  apiGroup?: string
  kind?: string
  name?: string
  scope?: string | null
  namespace?: string
}

function validateSpec({ controller = '', parameters }: IngressClassSpec, errors: FieldErrors): void {
  maxLength(errors, 'spec.controller', controller, 250)
  domainPrefixedPath(errors, 'spec.controller', controller)
  if (parameters) validateParameters(parameters, 'spec.parameters', errors)
}

function validateParameters(parameters: Parameters, at: string, errors: FieldErrors): void {
  const { scope, namespace } = parameters
  reference(parameters, at, errors)
  const own = child(at, 'namespace')
  if (!scope && scope !== '') errors.required(child(at, 'scope'))
  else if (scope === 'Cluster') {
    if (namespace !== undefined) errors.forbidden(own, "`parameters.scope` is set to 'Cluster'")
  } else if (scope !== 'Namespace') errors.notSupported(child(at, 'scope'), scope, ['Cluster', 'Namespace'])
  else if (namespace === undefined) errors.required(own, "`parameters.scope` is set to 'Namespace'")
  else dns1123Label(errors, own, namespace)
}
