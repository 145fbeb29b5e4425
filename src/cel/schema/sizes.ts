import type { SizeEstimator } from '../compiled.js'
import { escapeProperty, isWord } from './escape.js'
import type { SchemaType } from './schema-type.js'

/** Bytes of the largest request: what is not bounded otherwise is bounded by it. */
const maxRequestSize = 3 * 1024 * 1024

/** How often a value of so many bytes at least can be in one request. */
export const maxCardinality = (minSize: number): number => Math.floor(maxRequestSize / (minSize + 1))

/** @see apiserver pkg/cel/limits.go */
const minStringSize = 2
const dateSize = 12
const minDateTimeSize = 21
const maxDateTimeSize = 32
const minDurationSize = 3
const maxDurationSize = 32

export function minSerializedSize(type: SchemaType): number {
  switch (type.kind) {
    case 'dyn':
      return 1
    case 'list':
    case 'map':
      return 2
    case 'object':
      return minObjectSize(type)
    default:
      return minScalarSize(type)
  }
}

/** `{}`, and what is required and not filled in by default. */
function minObjectSize(type: SchemaType): number {
  const { properties = {}, required = [] } = type.schema
  let size = 2
  for (const name of new Set(required)) {
    if (!Object.hasOwn(properties, name)) continue
    const escaped = escapeProperty(name)
    const { default: fallback } = properties[name]!
    const declared = escaped === undefined ? undefined : type.field(escaped)?.declared
    if (declared !== undefined && (fallback === undefined || fallback === null))
      size += Buffer.byteLength(name) + declared.minSerializedSize + 4
  }
  return size
}

function minScalarSize({ schema: { type, format } }: SchemaType): number {
  if (type === 'boolean') return 4
  if (type !== 'string') return 1
  if (format === 'duration') return minDurationSize
  if (format === 'date') return dateSize
  return format === 'date-time' ? minDateTimeSize : minStringSize
}

export function maxElements(type: SchemaType): number {
  const { schema } = type
  switch (type.kind) {
    case 'dyn':
      return schema.maxLength === undefined ? maxRequestSize - 2 : atLeastZero(schema.maxLength) * 4
    case 'list':
      return schema.maxItems === undefined
        ? Math.floor((maxRequestSize - 2) / (type.item!.minSerializedSize + 1))
        : atLeastZero(schema.maxItems)
    case 'map':
      return schema.maxProperties === undefined
        ? Math.floor((maxRequestSize - 2) / (type.item!.minSerializedSize + 6))
        : atLeastZero(schema.maxProperties)
    case 'object':
      return 0
    default:
      return schema.type === 'string' ? maxStringLength(type) : 0
  }
}

/** In bytes, of which a character can have four. */
function maxStringLength({ schema: { format, maxLength, enum: allowed } }: SchemaType): number {
  switch (format) {
    case 'duration':
      return maxDurationSize
    case 'date':
      return dateSize
    case 'date-time':
      return maxDateTimeSize
    case 'byte':
      return maxLength === undefined ? maxRequestSize - 2 : atLeastZero(maxLength)
  }
  if (maxLength !== undefined) return atLeastZero(maxLength) * 4
  if (allowed === undefined || allowed.length === 0) return maxRequestSize - 2
  return Math.max(0, ...allowed.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
}

const atLeastZero = (n: number): number => Math.max(0, n)

/**
 * How big values may be that are reached from variables of one schema, such as a rule's `self` and `oldSelf`. As upstream
 * has it the first step of a path is not looked at, so that the name of a type, too, counts as something that is small.
 */
export function schemaSizes(root: SchemaType): SizeEstimator {
  return ({ path }) => {
    if (path === undefined || path.length === 0) return undefined
    let type: SchemaType | undefined = root
    for (let i = 1; i < path.length && type !== undefined; i++) {
      const step = path[i]!
      if (step === '@keys') return type.kind === 'map' && i === path.length - 1 ? { min: 0, max: 0 } : undefined
      if (step === '@items' || step === '@values') type = type.item
      // A word of the language is looked for as it is written, and not found.
      else type = isWord(step) ? undefined : type.field(step)?.declared
    }
    return type && { min: 0, max: type.maxElements }
  }
}
