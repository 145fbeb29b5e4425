import type { Shape, StructShape } from '../../api/index.js'
import { messageType } from './message-type.js'

/** Pseudo-random numbers below 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** JSON of a struct with some of its fields, each of any value it may have. For tests. */
export function randomObject(shape: StructShape, random: () => number, depth = 0): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  const share = depth === 0 ? 0.8 : depth > 6 ? 0.02 : 0.35
  // Type meta is not in messages, and so not in objects within objects.
  const fields = depth > 0 && messageType(shape.ref).hasTypeMeta ? shape.fields.slice(2) : shape.fields
  for (const field of fields) {
    if (depth > 10 && (field.shape.kind === 'struct' || field.shape.kind === 'list' || field.shape.kind === 'map'))
      continue
    if (random() < share) out[field.json] = randomValue(field.shape, random, depth)
  }
  return out
}

function randomValue(shape: Shape, random: () => number, depth: number): unknown {
  const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)]!
  switch (shape.kind) {
    case 'string':
      return randomText(random)
    case 'bool':
      return random() < 0.5
    case 'int32':
      return pick(0, 1, -1, 80, 65_535, 2 ** 31 - 1, -(2 ** 31))
    case 'int64':
      return pick<number | bigint>(0, 7, -7, 2 ** 32, Number.MAX_SAFE_INTEGER, 2n ** 63n - 1n, -(2n ** 63n))
    case 'float64':
      return pick(0, 1.5, -2.25, 1e300)
    case 'bytes':
      return Buffer.from(randomText(random)).toString('base64')
    case 'list':
      return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(shape.item, random, depth + 1))
    case 'map':
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 4) }, () => [
          `k${randomText(random)}`,
          // An empty list in a map is null once it was stored; what is decoded has not been.
          shape.value.kind === 'list' ? [randomText(random)] : randomValue(shape.value, random, depth + 1),
        ]),
      )
    case 'struct':
      return randomObject(shape, random, depth + 1)
    case 'special':
      return randomSpecial(shape.ref, random, pick)
  }
}

function randomSpecial(ref: string, random: () => number, pick: <T>(...choices: T[]) => T): unknown {
  switch (ref) {
    case 'meta.v1.Time':
      return pick('2024-02-29T23:59:59Z', '1969-12-31T23:59:59Z', '0099-01-01T00:00:00Z', '9999-12-31T23:59:59Z')
    case 'meta.v1.MicroTime':
      return pick('2024-02-29T23:59:59.000001Z', '1969-12-31T23:59:59.999999Z', '2001-01-01T00:00:00.000000Z')
    case 'meta.v1.Duration':
      return pick('0s', '1h30m0s', '-5ms', '1.5s')
    case 'resource.Quantity':
      return pick('0', '250m', '64Mi', '1e3', '0.1')
    case 'intstr.IntOrString':
      return pick<number | string>(0, 80, -1, '25%', 'http')
    case 'meta.v1.FieldsV1':
      return { 'f:metadata': { 'f:labels': { '.': {} } } }
    default:
      if (ref.includes('OrBool')) return random() < 0.5
      if (ref.includes('OrStringArray')) return [randomText(random)]
      if (ref.includes('.JSONSchemaPropsOr')) return { type: 'string' }
      return pick<unknown>({ a: [1, null, 'ü'], b: { c: 1.5 } }, 'text', 12, true, [], {})
  }
}

const texts = [
  '',
  'a',
  'name-1',
  'ключ',
  '🐈 cat',
  'x'.repeat(41),
  'é'.repeat(60),
  '\u0000',
  '\ud7ff\ue000',
  'y'.repeat(300),
]

const randomText = (random: () => number): string => texts[Math.floor(random() * texts.length)]!
