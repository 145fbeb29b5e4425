import {
  asSent,
  conditions,
  type FieldErrors,
  immutable,
  isDns1035Label,
  isDns1123Subdomain,
  type KubeObject,
  validateObjectMeta,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

/** What to write again. Source: pkg/apis/storagemigration/validation. */
export const storageversionmigrations: ResourceRules = {
  allowUnconditionalUpdate: false,
  resetFields: { status: ['metadata', 'spec'] },
  validate: validateSpec,
  validateUpdate(object, old, errors) {
    validateObjectMeta(object.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(object, errors)
    const form = (spec: unknown): unknown =>
      internalForm(spec ?? {}, 'storagemigration.v1beta1.StorageVersionMigrationSpec')
    immutable(errors, 'spec', form(object.spec), form(old.spec))
  },
  prepareForStatusUpdate: (object, old) => keepMetadata(object.metadata, old.metadata),
  validateStatusUpdate({ status }, old, errors) {
    const own: readonly Condition[] = status?.conditions ?? []
    const before: readonly Condition[] = old.status?.conditions ?? []
    const revision: string = status?.resourceVersion ?? ''
    const oldRevision: string = old.status?.resourceVersion ?? ''
    const wrong = revision === '' ? undefined : revisionProblem(revision)
    if (wrong !== undefined) errors.invalid('status.resourceVersion', revision, wrong)
    conditions(errors, 'status.conditions', own)
    if (oldRevision !== '' && oldRevision !== revision)
      errors.invalid('status.resourceVersion', revision, 'field is immutable')
    const refuse = (detail: string): void => errors.invalid('status.conditions', asSent(status, 'conditions'), detail)
    if (holds(own, 'Succeeded') && holds(own, 'Failed'))
      refuse('Both success and failed conditions cannot be true at the same time')
    if (holds(before, 'Succeeded') && !holds(own, 'Succeeded'))
      refuse('Success condition cannot be set to false once it is true')
    if (holds(before, 'Failed') && !holds(own, 'Failed'))
      refuse('Failed condition cannot be set to false once it is true')
  },
}

interface Condition {
  type: string
  status: string
}

const holds = (list: readonly Condition[], type: string): boolean =>
  list.find((condition) => condition.type === type)?.status === 'True'

function validateSpec({ spec }: KubeObject, errors: FieldErrors): void {
  const { resource = '', group = '' } = spec?.resource ?? {}
  if (resource === '') errors.required('spec.resource.resource', 'resource is required to be set')
  else all(errors, 'spec.resource.resource', resource, isDns1035Label(resource))
  if (group !== '') all(errors, 'spec.resource.group', group, isDns1123Subdomain(group))
}

function all(errors: FieldErrors, path: string, value: string, wrong: readonly string[]): void {
  if (wrong.length > 0) errors.invalid(path, value, wrong.join(','))
}

/** Source: apimachinery pkg/util/resourceversion. */
const revisionProblem = (text: string): string | undefined =>
  /^[1-9]\d*$/.test(text) ? undefined : `resource version is not well formed: ${text}`
