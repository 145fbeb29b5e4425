import { decodeObject } from '../decode/decode.js'
import { plainNumbers } from '../decode/plain-numbers.js'
import { DecodeError, type DecodeOptions } from '../decode/report.js'
import type { KubeObject } from '../object.js'
import type { Shape, StructShape } from '../shapes.js'
import { conversionError } from './conversion-error.js'

/**
 * `decodeObject` for what strategic merge patches and applies have merged: upstream turns it into its type without going
 * through JSON, which has other errors and takes numbers that JSON would not: those too large wrap around, as in Go.
 *
 * @throws DecodeError with the converter's text
 */
export function decodeMerged(value: unknown, shape: StructShape, options?: DecodeOptions): KubeObject {
  const plain = options?.exactNumbers === true ? plainNumbers(value) : value
  const read: DecodeOptions = { report: options?.report, duplicates: options?.duplicates, sortFree: true }
  try {
    return decodeObject(plain, shape, read)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const found = conversionError(value, shape)
    if (found !== undefined) throw new DecodeError(found)
    return decodeObject(wrapNumbers(plain, shape), shape, read)
  }
}

/** Shares whatever has no number to wrap. */
function wrapNumbers(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'int32':
      return isNumber(value) ? Number(BigInt.asIntN(32, toInt64(value))) : value
    case 'int64': {
      if (!isNumber(value)) return value
      const wrapped = toInt64(value)
      return Number.isSafeInteger(Number(wrapped)) ? Number(wrapped) : wrapped
    }
    case 'list':
      return Array.isArray(value) ? value.map((item) => wrapNumbers(item, shape.item)) : value
    case 'map':
      return mapped(value, () => shape.value)
    case 'struct':
      return mapped(value, (key) => shape.byJson.get(key)?.shape)
    default:
      return value
  }
}

function mapped(value: unknown, shapeOf: (key: string) => Shape | undefined): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, held]) => {
    const shape = shapeOf(key)
    return [key, shape === undefined ? held : wrapNumbers(held, shape)] as const
  })
  return Object.fromEntries(entries)
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

const minInt64 = -(2n ** 63n)

/** What amd64 makes of a float that is beyond 64 bits is the smallest integer. */
function toInt64(value: number | bigint): bigint {
  const integer = BigInt(value)
  return BigInt.asIntN(64, integer) === integer ? integer : minInt64
}
