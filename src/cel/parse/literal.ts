import { double, int, Uint, type Value } from '../values.js'
import { T } from './tokens.js'
import { unescapeBytes, unescapeString } from './unescape.js'

const minInt = -(2n ** 63n)
const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/**
 * What a literal stands for.
 *
 * @throws Error with cel-go's message
 */
export function literalValue(type: number, text: string): Value {
  switch (type) {
    case T.true:
      return true
    case T.false:
      return false
    case T.null:
      return null
    case T.string:
      return unescapeString(text)
    case T.bytes:
      return unescapeBytes(text)
    case T.float: {
      const value = Number(text)
      if (!Number.isFinite(value)) throw new Error('invalid double literal')
      return double(value)
    }
    case T.uint: {
      const value = BigInt(text.slice(0, -1))
      if (value > maxUint) throw new Error('invalid uint literal')
      return new Uint(value)
    }
    default: {
      const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)
      if (value < minInt || value > maxInt) throw new Error('invalid int literal')
      return int(value)
    }
  }
}
