import type { FieldErrors } from './field-errors.js'
import { child, index } from './field-errors.js'
import { isLabelValue, isQualifiedName } from './labels.js'
import { byteLength, isDns1123Label, type NameCheck, nameRules } from './names.js'
import { type ManagedFieldsEntry, type ObjectMeta, type OwnerReference, parseApiVersion } from './object.js'

/** Checks of object metadata, in upstream's order and words: apimachinery pkg/api/validation/objectmeta.go. */

export interface ObjectMetaRules {
  readonly namespaced: boolean
  /** How the name is checked; one of `nameRules` by its key, or a kind's own. */
  readonly name: keyof typeof nameRules | NameCheck
}

const annotationsLimit = 256 * 1024
const maxFieldManager = 128
const maxSubresource = 256

/** For a create, after name generation. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, path: string, errors: FieldErrors): void {
  const check: NameCheck = typeof rules.name === 'function' ? rules.name : nameRules[rules.name]
  const { name = '', generateName = '', namespace = '' } = meta
  if (generateName !== '') {
    for (const wrong of check(generateName, true)) errors.invalid(child(path, 'generateName'), generateName, wrong)
  }
  if (name === '') errors.required(child(path, 'name'), 'name or generateName is required')
  else for (const wrong of check(name, false)) errors.invalid(child(path, 'name'), name, wrong)

  if (!rules.namespaced) {
    if (namespace !== '') errors.forbidden(child(path, 'namespace'), 'not allowed on this type')
  } else if (namespace === '') {
    errors.required(child(path, 'namespace'))
  } else {
    for (const wrong of isDns1123Label(namespace)) errors.invalid(child(path, 'namespace'), namespace, wrong)
  }
  const generation = meta.generation ?? 0
  if (generation < 0) errors.invalid(child(path, 'generation'), generation, 'must be greater than or equal to 0')
  validateLabels(meta.labels, child(path, 'labels'), errors)
  validateAnnotations(meta.annotations, child(path, 'annotations'), errors)
  validateOwnerReferences(meta.ownerReferences, child(path, 'ownerReferences'), errors)
  validateFinalizers(meta.finalizers, child(path, 'finalizers'), errors)
  validateManagedFields(meta.managedFields, child(path, 'managedFields'), errors)
}

/** For an update, besides `validateObjectMeta` of the new object for those kinds that run it again. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: string, errors: FieldErrors): void {
  if (old.deletionTimestamp !== undefined) {
    noNewFinalizers(meta.finalizers, old.finalizers, child(path, 'finalizers'), errors)
  }
  if ((meta.resourceVersion ?? '') === '') {
    errors.invalid(child(path, 'resourceVersion'), '', 'must be specified for an update')
  }
  const generation = meta.generation ?? 0
  if (generation < (old.generation ?? 0)) {
    errors.invalid(child(path, 'generation'), generation, 'must not be decremented')
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((meta[field] ?? '') !== (old[field] ?? '')) {
      errors.invalid(child(path, field), meta[field] ?? '', 'field is immutable')
    }
  }
  for (const field of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((meta[field] ?? undefined) !== (old[field] ?? undefined)) {
      errors.invalid(child(path, field), meta[field], 'field is immutable')
    }
  }
  validateLabels(meta.labels, child(path, 'labels'), errors)
  validateAnnotations(meta.annotations, child(path, 'annotations'), errors)
  validateOwnerReferences(meta.ownerReferences, child(path, 'ownerReferences'), errors)
  validateManagedFields(meta.managedFields, child(path, 'managedFields'), errors)
}

/** Every error carries the map's own path and the key or value as its value. Upstream's order of keys is random. */
export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (labels === undefined || labels === null) return
  for (const [key, value] of Object.entries(labels)) {
    for (const wrong of isQualifiedName(key)) errors.invalid(path, key, wrong)
    for (const wrong of isLabelValue(value)) errors.invalid(path, value, wrong)
  }
}

/** Keys are qualified names but for upper case in the prefix; all keys and values together have 256 KiB. */
export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (annotations === undefined || annotations === null) return
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    for (const wrong of isQualifiedName(key.toLowerCase())) errors.invalid(path, key, wrong)
    size += byteLength(key) + byteLength(value)
  }
  if (size > annotationsLimit) errors.tooLong(path, annotationsLimit)
}

export function validateFinalizers(finalizers: readonly string[] | undefined, path: string, errors: FieldErrors): void {
  if (finalizers === undefined || finalizers === null) return
  for (const finalizer of finalizers) {
    for (const wrong of isQualifiedName(finalizer)) errors.invalid(path, finalizer, wrong)
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')
  }
}

/** The `fieldManager` parameter and the managers in managedFields: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, path: string, errors: FieldErrors): void {
  if (byteLength(manager) > maxFieldManager) errors.tooLong(path, maxFieldManager)
  let position = 0
  for (const char of manager) {
    if (char !== ' ' && /^[\p{C}\p{Z}]$/u.test(char)) {
      errors.invalid(path, manager, `invalid character ${unicodeName(char)} (at position ${position})`)
    }
    position += byteLength(char)
  }
}

function validateOwnerReferences(
  owners: readonly OwnerReference[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (owners === undefined || owners === null) return
  let controller: string | undefined
  for (const owner of owners) {
    const { apiVersion = '', kind = '', name = '', uid = '' } = owner
    const { group, version } = ownerVersion(apiVersion)
    if (version === '') errors.invalid(child(path, 'apiVersion'), apiVersion, 'version must not be empty')
    if (kind === '') errors.invalid(child(path, 'kind'), kind, 'must not be empty')
    if (name === '') errors.invalid(child(path, 'name'), name, 'must not be empty')
    if (uid === '') errors.invalid(child(path, 'uid'), uid, 'must not be empty')
    if (group === '' && version === 'v1' && kind === 'Event') {
      errors.invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner')
    }
    if (owner.controller !== true) continue
    const self = `${kind}/${name}`
    if (controller === undefined) {
      controller = self
      continue
    }
    errors.invalid(
      path,
      owners,
      `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${self}`,
    )
  }
}

/** An apiVersion with two slashes is no version at all. */
function ownerVersion(apiVersion: string): { group: string; version: string } {
  return apiVersion.split('/', 3).length > 2 || apiVersion === '/'
    ? { group: '', version: '' }
    : parseApiVersion(apiVersion)
}

function noNewFinalizers(
  finalizers: readonly string[] | undefined,
  old: readonly string[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const known = new Set(old ?? [])
  const extra = [...new Set(finalizers ?? [])].filter((finalizer) => !known.has(finalizer)).sort()
  if (extra.length === 0) return
  const list = `[]string{${extra.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`
  errors.forbidden(path, `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`)
}

function validateManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (entries === undefined || entries === null) return
  entries.forEach((entry, i) => {
    const at = index(path, i)
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry
    if (operation !== 'Apply' && operation !== 'Update') {
      errors.invalid(child(at, 'operation'), operation, 'must be `Apply` or `Update`')
    }
    if (fieldsType !== '' && fieldsType !== 'FieldsV1') {
      errors.invalid(child(at, 'fieldsType'), fieldsType, 'must be `FieldsV1`')
    }
    validateFieldManager(manager, child(at, 'manager'), errors)
    if (byteLength(subresource) > maxSubresource) errors.tooLong(child(at, 'subresource'), maxSubresource)
  })
}

/** Go's %#U: the character itself is told only if it can be printed, and these cannot. */
const unicodeName = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
