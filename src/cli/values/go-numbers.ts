import { quote } from '../../api/index.js'

/** Go's strconv.ParseBool. @throws Error with its text */
export function parseBool(text: string): boolean {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  throw numberError('ParseBool', text, 'invalid syntax')
}

/**
 * Go's strconv.ParseInt(text, 0, bits), within what JavaScript counts exactly: prefixes 0x, 0o, 0b and underscores
 * between digits are understood. @throws Error with its text
 */
export function parseInt64(text: string, bits: 32 | 64 = 64): number {
  const match = /^([+-]?)(.*)$/s.exec(text)!
  const magnitude = wholeNumber(match[2]!)
  if (magnitude === undefined) throw numberError('ParseInt', text, 'invalid syntax')
  const value = match[1] === '-' ? -magnitude : magnitude
  if (BigInt.asIntN(bits, value) !== value) throw numberError('ParseInt', text, 'value out of range')
  return Number(value)
}

/** Go's strconv.Atoi, which differs from ParseInt in its name and in knowing base 10 only. */
export function parseAtoi(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw numberError('Atoi', text, 'invalid syntax')
  const value = BigInt(text.replace(/^\+/, ''))
  if (BigInt.asIntN(64, value) !== value) throw numberError('Atoi', text, 'value out of range')
  return Number(value)
}

/** Go's strconv.ParseUint(text, 10, 31), as levels of verbosity are read. */
export function parseLevel(text: string): number {
  if (!/^\d+$/.test(text)) throw numberError('ParseUint', text, 'invalid syntax')
  const value = Number(text)
  if (value >= 2 ** 31) throw numberError('ParseUint', text, 'value out of range')
  return value
}

/** Go's strconv.ParseFloat for decimal numbers and infinities. */
export function parseFloat64(text: string): number {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw numberError('ParseFloat', text, 'invalid syntax')
  const value = Number(text)
  if (!Number.isFinite(value)) throw numberError('ParseFloat', text, 'value out of range')
  return value
}

function wholeNumber(digits: string): bigint | undefined {
  const underscored = /^(0[xX](_?[\da-fA-F])+|0[bB](_?[01])+|0[oO](_?[0-7])+|0(_?[0-7])*|[1-9](_?\d)*)$/
  if (!underscored.test(digits)) return undefined
  const plain = digits.replaceAll('_', '')
  return BigInt(/^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain)
}

const numberError = (func: string, text: string, why: string): Error =>
  new Error(`strconv.${func}: parsing ${quote(text)}: ${why}`)
