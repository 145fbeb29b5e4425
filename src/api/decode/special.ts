import { JsonNumber } from '../json-number.js'
import { canonicalQuantity } from '../quantity.js'
import { type StructShape, structShape } from '../shapes.js'
import { canonicalBase64 } from './base64.js'
import { formatDuration, parseDuration } from './duration.js'
import { canonicalMicroTime, canonicalTime } from './time.js'

/** What is left of a CustomResourceDefinition's schema unions: which type their hand-written decoders decode into. */
export type UnionBranch = 'schema' | 'schemas' | 'strings'

/** The type inside JSONSchemaPropsOrArray and its kin, by the value's JSON type; undefined for all other types. */
export function unionBranch(ref: string, raw: unknown): UnionBranch | undefined {
  if (!ref.includes('.JSONSchemaPropsOr')) return undefined
  if (Array.isArray(raw)) {
    if (ref.endsWith('OrArray')) return 'schemas'
    return ref.endsWith('OrStringArray') ? 'strings' : undefined
  }
  return typeof raw === 'object' && raw !== null && !(raw instanceof JsonNumber) ? 'schema' : undefined
}

/** The facts have the same schema type in v1 and v1beta1; unions decode into v1's. */
export const schemaShape = (): StructShape => structShape('apiextensions.v1.JSONSchemaProps')

/** The error of a type with a hand-written decoder, in its own words; undefined if the value is right. */
export function specialError(ref: string, raw: unknown): string | undefined {
  try {
    canonicalSpecial(ref, raw)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * Reads and writes again a value (not null) of a special type whose JSON type is right.
 *
 * @throws Error with upstream's text
 */
export function canonicalSpecial(ref: string, raw: unknown): unknown {
  switch (ref) {
    case 'bytes':
      return canonicalBase64(raw as string)
    case 'meta.v1.Time':
      return canonicalTime(raw as string)
    case 'meta.v1.MicroTime':
      return canonicalMicroTime(raw as string)
    case 'meta.v1.Duration':
      return formatDuration(parseDuration(raw as string))
    case 'resource.Quantity':
      return canonicalQuantity(quantityText(raw))
    case 'apiextensions.v1.JSONSchemaPropsOrBool':
    case 'apiextensions.v1beta1.JSONSchemaPropsOrBool':
      if (typeof raw !== 'boolean') throw new Error('boolean or JSON schema expected')
      return raw
    case 'apiextensions.v1.JSONSchemaPropsOrArray':
    case 'apiextensions.v1beta1.JSONSchemaPropsOrArray':
    case 'apiextensions.v1.JSONSchemaPropsOrStringArray':
    case 'apiextensions.v1beta1.JSONSchemaPropsOrStringArray':
      // Neither object nor array: upstream takes it for nothing.
      return null
    default:
      return raw
  }
}

/** Upstream parses whatever JSON text stands there, quotes taken off. */
function quantityText(raw: unknown): string | number | bigint {
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'bigint') return raw
  return raw instanceof JsonNumber ? raw.literal : typeof raw === 'object' ? '{}' : String(raw)
}

/** What Go writes for a field of the type that was never set. */
export function specialZero(ref: string): unknown {
  switch (ref) {
    case 'resource.Quantity':
      return '0'
    case 'meta.v1.Duration':
      return '0s'
    case 'intstr.IntOrString':
      return 0
    case 'apiextensions.v1.JSONSchemaPropsOrBool':
    case 'apiextensions.v1beta1.JSONSchemaPropsOrBool':
      return false
    default:
      return null
  }
}
