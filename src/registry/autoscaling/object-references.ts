import { child, type FieldErrors, isPathSegmentName } from '../../api/index.js'
import type { ObjectReference } from './hpa-types.js'

export interface ReferenceOptions {
  /** The core group has no name; most things that scale are not in it. */
  readonly allowCoreGroup: boolean
  /** For objects that were stored with a wrong one. */
  readonly allowAnyVersion: boolean
}

/** Source: ValidateCrossVersionObjectReference. */
export function validateReference(
  reference: ObjectReference,
  path: string,
  errors: FieldErrors,
  options: ReferenceOptions,
): void {
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field] ?? ''
    if (value === '') errors.required(child(path, field))
    else for (const wrong of isPathSegmentName(value)) errors.invalid(child(path, field), value, wrong)
  }
  const wrong = wrongVersion(reference, options)
  if (wrong !== undefined) errors.invalid(child(path, 'apiVersion'), reference.apiVersion ?? '', wrong)
}

/** What is wrong with a reference's apiVersion. */
export function wrongVersion(
  { apiVersion = '' }: ObjectReference,
  { allowAnyVersion, allowCoreGroup }: ReferenceOptions,
): string | undefined {
  if (allowAnyVersion) return undefined
  const slash = apiVersion.indexOf('/')
  if (apiVersion !== '/' && slash !== apiVersion.lastIndexOf('/'))
    return `unexpected GroupVersion string: ${apiVersion}`
  return slash <= 0 && !allowCoreGroup ? 'apiVersion must specify API group' : undefined
}
