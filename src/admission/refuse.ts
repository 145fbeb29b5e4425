import { ApiError, forbidden } from '../api/index.js'
import type { AdmissionAttributes } from './admission.js'

/**
 * A plugin's refusal: Forbidden, naming the object as well as that is possible before its name has been generated.
 * Source: apiserver pkg/admission/errors.go, NewForbidden.
 */
export function refuse(attributes: AdmissionAttributes, why: string): ApiError {
  return forbidden(attributes.resource, nameForErrors(attributes), why)
}

/** The name of what is being admitted, or the beginning that its name will have. */
export function nameForErrors({ name, object }: AdmissionAttributes): string {
  return name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown'
}

/** A failure that upstream does not make a status of: 500 with this text and no reason. */
export const failure = (message: string): ApiError => new ApiError('', message)
