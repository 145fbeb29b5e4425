import { ApiError, type GroupKind, qualified } from './errors.js'
import type { FieldErrors } from './field-errors.js'
import { quote } from './quote.js'

/**
 * 422 for an object with something wrong in it, every cause told. An empty kind and name are told as they are.
 * Source: apimachinery pkg/api/errors, NewInvalid.
 */
export function invalid(gk: GroupKind, name: string, errors: FieldErrors): ApiError {
  const { causes } = errors
  return new ApiError('Invalid', `${qualified(gk)} ${quote(name)} is invalid: ${errors.message}`, {
    ...(name === '' ? {} : { name }),
    ...(gk.group === '' ? {} : { group: gk.group }),
    ...(gk.kind === '' ? {} : { kind: gk.kind }),
    ...(causes.length === 0 ? {} : { causes }),
  })
}
