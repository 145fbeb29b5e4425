import { equalJson, type FieldErrors, type KubeObject, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { parameters, provisioner } from './provisioner.js'

export const volumeattributesclasses: ResourceRules = {
  returnDeletedObject: true,
  validate: validateClass,
  validateUpdate(volumeClass, old, errors) {
    for (const field of ['driverName', 'parameters'] as const)
      if (!equalJson(volumeClass[field], old[field])) errors.forbidden(field, `updates to ${field} are forbidden.`)
    validateObjectMeta(volumeClass.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateClass(volumeClass, errors)
  },
}

function validateClass(volumeClass: KubeObject, errors: FieldErrors): void {
  provisioner(errors, 'driverName', volumeClass.driverName)
  parameters(errors, volumeClass.parameters)
  if (Object.keys(volumeClass.parameters ?? {}).length === 0)
    errors.required('parameters', 'must contain at least one key/value pair')
}
