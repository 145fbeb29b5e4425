import {
  child,
  DecodeError,
  decode,
  type FieldErrors,
  goValue,
  isDns1035Label,
  type ObjectMeta,
  setOwn,
  structShape,
  validateObjectMeta,
} from '../../../api/index.js'
import type { JsonObject, SchemaNode } from './node.js'
import { sortKeys } from './prune.js'

/** What is wrong with the type or the metadata of an embedded resource. */
export class EmbeddedError extends DecodeError {
  constructor(
    readonly path: string,
    readonly value: unknown,
    readonly detail: string,
  ) {
    super(`${path}: Invalid value: ${goValue(sortKeys(value))}: ${detail}`)
  }
}

/** ObjectMeta as decoding it gives it; unknown fields are told by their path within. Throws DecodeError in Go's words. */
export function coerceMetadata(raw: unknown, unknown?: (path: string) => void): ObjectMeta {
  const paths: string[] = []
  const report = unknown === undefined ? undefined : { unknown: (path: string) => paths.push(path), duplicate() {} }
  const shape = structShape('meta.v1.ObjectMeta')
  let metadata: ObjectMeta
  // A map in Go: what it holds comes in the order of its keys.
  try {
    metadata = decode(raw, shape, { report }) as ObjectMeta
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    metadata = decode(sortKeys(raw), shape) as ObjectMeta
  }
  for (const path of paths.sort()) unknown!(path)
  return metadata
}

/**
 * Coerces type and metadata of embedded resources within a value; in place. Throws EmbeddedError.
 * @param unknown told the paths of unknown fields
 * @see apiextensions pkg/apiserver/schema/objectmeta/algorithm.go
 */
export function coerceEmbedded(value: unknown, node: SchemaNode | undefined, unknown?: (path: string) => void): void {
  if (node?.hasEmbedded) coerce(value, node, '', unknown)
}

function coerce(value: unknown, node: SchemaNode, path: string, unknown: ((path: string) => void) | undefined): void {
  if (!node.hasEmbedded || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (node.items !== undefined)
      for (const [i, item] of value.entries()) coerce(item, node.items, `${path}[${i}]`, unknown)
    return
  }
  const object = value as JsonObject
  if (node.embedded) coerceResource(object, path, unknown)
  for (const key of Object.keys(object)) {
    const property = node.properties?.get(key)
    if (property !== undefined) coerce(object[key], property, child(path, key), unknown)
    else if (node.additional !== undefined) coerce(object[key], node.additional, `${path}[${key}]`, unknown)
  }
}

function coerceResource(object: JsonObject, path: string, unknown: ((path: string) => void) | undefined): void {
  for (const field of ['apiVersion', 'kind'])
    if (Object.hasOwn(object, field) && typeof object[field] !== 'string')
      throw new EmbeddedError(child(path, field), object[field], 'must be a string')
  if (!Object.hasOwn(object, 'metadata')) return
  const at = child(path, 'metadata')
  try {
    setOwn(
      object,
      'metadata',
      coerceMetadata(object.metadata, unknown === undefined ? undefined : (inner) => unknown(`${at}.${inner}`)),
    )
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new EmbeddedError(at, object.metadata, error.message)
  }
}

/**
 * Checks type and metadata of the embedded resources within a value.
 * @see apiextensions pkg/apiserver/schema/objectmeta/validation.go
 */
export function validateEmbedded(
  value: unknown,
  node: SchemaNode | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (node === undefined || !node.hasEmbedded || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) validateEmbedded(item, node.items, `${path}[${i}]`, errors)
    return
  }
  const object = value as JsonObject
  if (node.embedded) validateResource(object, path, errors)
  for (const key of Object.keys(object)) {
    const property = node.properties?.get(key)
    if (property !== undefined) validateEmbedded(object[key], property, child(path, key), errors)
    else validateEmbedded(object[key], node.additional, `${path}[${key}]`, errors)
  }
}

function validateResource(object: JsonObject, path: string, errors: FieldErrors): void {
  for (const field of ['apiVersion', 'kind']) if (!Object.hasOwn(object, field)) errors.required(child(path, field))
  validateTypeField(object, 'apiVersion', path, errors, (apiVersion) =>
    apiVersion.split('/').length > 2 ? `unexpected GroupVersion string: ${apiVersion}` : undefined,
  )
  validateTypeField(object, 'kind', path, errors, (kind) => {
    const wrong = isDns1035Label(kind.toLowerCase())
    return wrong.length === 0 ? undefined : `may have mixed case, but should otherwise match: ${wrong.join(',')}`
  })
  if (!Object.hasOwn(object, 'metadata')) return
  const at = child(path, 'metadata')
  try {
    const meta = { ...coerceMetadata(object.metadata) }
    if (!meta.name) meta.name = 'fakename'
    validateObjectMeta(meta, { namespaced: (meta.namespace ?? '') !== '', name: 'pathSegment' }, at, errors)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    errors.invalid(at, sortKeys(object.metadata), error.message)
  }
}

function validateTypeField(
  object: JsonObject,
  field: string,
  path: string,
  errors: FieldErrors,
  check: (value: string) => string | undefined,
): void {
  if (!Object.hasOwn(object, field)) return
  const value = object[field]
  const at = child(path, field)
  const wrong = typeof value !== 'string' ? 'must be a string' : value === '' ? 'must not be empty' : check(value)
  if (wrong !== undefined) errors.invalid(at, sortKeys(value), wrong)
}
