import { goJson, nonNegative, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

export const controllerrevisions: ResourceRules = {
  validate({ revision, data }, errors) {
    nonNegative(errors, 'revision', revision)
    if (data === undefined || data === null) errors.required('data', 'data is mandatory')
    else if (typeof data !== 'object' || Array.isArray(data)) {
      errors.required('data', 'data must be a valid JSON object')
    }
  },
  validateUpdate({ metadata, revision, data }, old, errors) {
    validateObjectMeta(metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    nonNegative(errors, 'revision', revision)
    // Not `immutable`, for which nothing and something empty are the same.
    // What is compared is bytes: the order of keys counts.
    if (goJson(data) !== goJson(old.data)) errors.invalid('data', data, 'field is immutable')
  },
}
