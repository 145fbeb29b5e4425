import {
  asSent,
  byteLength,
  configMapKey,
  equalJson,
  type FieldErrors,
  type KubeObject,
  key,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { decodedLength, maxDataSize } from './data-size.js'

export const configMaps: ResourceRules = {
  validate: validateConfigMap,
  validateUpdate(object, old, errors) {
    if (old.immutable === true) {
      const refusal = 'field is immutable when `immutable` is set'
      if (object.immutable !== true) errors.forbidden('immutable', refusal)
      if (!equalJson(object.data ?? {}, old.data ?? {})) errors.forbidden('data', refusal)
      // Here none and an empty map are not the same.
      if (!equalJson(asSent(object, 'binaryData'), old.binaryData)) errors.forbidden('binaryData', refusal)
    }
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateConfigMap(object, errors)
  },
}

/** Source: pkg/apis/core/validation, ValidateConfigMap. */
function validateConfigMap(object: KubeObject, errors: FieldErrors): void {
  const data: Record<string, string> = object.data ?? {}
  const binary: Record<string, string> = object.binaryData ?? {}
  let size = 0
  for (const name of Object.keys(data)) {
    const at = key('data', name)
    configMapKey(errors, at, name)
    if (Object.hasOwn(binary, name)) errors.invalid(at, name, 'duplicate of key present in binaryData')
    size += byteLength(data[name] ?? '')
  }
  for (const name of Object.keys(binary)) {
    configMapKey(errors, key('binaryData', name), name)
    size += decodedLength(binary[name] ?? '')
  }
  // Upstream's path of no name prints as brackets.
  if (size > maxDataSize) errors.tooLong('[]', maxDataSize)
}
