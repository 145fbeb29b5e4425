import { parseDuration } from '../api/index.js'
import { CelError, Duration, double, int, Timestamp, toNumber, Uint } from './values.js'

const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n
/** Seconds of the first and the last moment that there is: year 1 to year 9999. */
export const minSeconds = -62_135_596_800
export const maxSeconds = 253_402_300_799

const failed = (from: string, to: string) => new CelError(`type conversion error from '${from}' to '${to}'`)

/** @throws CelError `unsigned integer overflow` */
export function uint(value: bigint): Uint {
  if (value < 0n || value > maxUint) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

/** Cut off after the point. The largest ints have no double, so that the bounds are not theirs. */
export function intOfDouble(value: number): number | bigint {
  if (!(value > -(2 ** 63) && value < 2 ** 63)) throw new CelError('integer overflow')
  return int(BigInt(Math.trunc(value)))
}

export function uintOfDouble(value: number): Uint {
  if (!(value >= 0 && value < 2 ** 64)) throw new CelError('unsigned integer overflow')
  return new Uint(BigInt(Math.trunc(value)))
}

export function intOfString(text: string): number | bigint {
  if (!/^[+-]?[0-9]+$/.test(text) || text.length > 64) throw failed('string', 'int')
  const value = text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text)
  if (value < -maxInt - 1n || value > maxInt) throw failed('string', 'int')
  return int(value)
}

export function uintOfString(text: string): Uint {
  if (!/^[0-9]+$/.test(text) || text.length > 64 || BigInt(text) > maxUint) throw failed('string', 'uint')
  return new Uint(BigInt(text))
}

export function doubleOfString(text: string): ReturnType<typeof double> {
  const value = parseFloat64(text)
  if (value === undefined) throw failed('string', 'double')
  return double(value)
}

/** Go's strconv.ParseFloat. */
function parseFloat64(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  const bare = text.replace(/^[+-]/, '')
  if (/^(?:inf|infinity)$/i.test(bare)) return sign * Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  if (/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(bare)) {
    const value = sign * Number(bare)
    return Number.isFinite(value) ? value : undefined
  }
  const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/.exec(bare)
  if (hex === null || hex[1]! + hex[2]! === '' || hex[1]!.length + hex[2]!.length > 13) return undefined
  const value = sign * Number.parseInt(hex[1]! + hex[2]!, 16) * 2 ** (Number(hex[3]) - 4 * hex[2]!.length)
  return Number.isFinite(value) ? value : undefined
}

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const lies = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

export function boolOfString(text: string): boolean {
  if (truths.has(text)) return true
  if (lies.has(text)) return false
  throw failed('string', 'bool')
}

/** Go's `%g`. */
export function stringOfDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 6) return plainDecimal(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** Without an exponent. */
function plainDecimal(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const [whole, fraction = ''] = digits.replace('-', '').split('.') as [string, string?]
  const power = Number(exponent)
  const sign = value < 0 ? '-' : ''
  const all = whole + fraction
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${all}`
  return sign + all.padEnd(power + 1, '0')
}

/** Seconds, in the fewest digits that give the same double. */
export const stringOfDuration = ({ nanos }: Duration): string =>
  `${plainDecimal(Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9)}s`

export function durationOfString(text: string): Duration {
  try {
    return new Duration(parseDuration(text))
  } catch {
    throw failed('string', 'google.protobuf.Duration')
  }
}

/** Within int64. */
export function duration(nanos: bigint): Duration {
  if (nanos > maxInt || nanos < -maxInt - 1n) throw new CelError('integer overflow')
  return new Duration(nanos)
}

export function timestamp(seconds: number, nanos: number, offset = 0): Timestamp {
  if (seconds < minSeconds || seconds > maxSeconds) throw new CelError('timestamp overflow')
  return new Timestamp(seconds, nanos, offset)
}

export function timestampOfInt(value: number | bigint): Timestamp {
  return timestamp(toNumber(value), 0)
}

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-](\d{2}):(\d{2}))$/

export function timestampOfString(text: string): Timestamp {
  const parsed = parseTimestamp(text)
  if (parsed === undefined) throw failed('string', 'google.protobuf.Timestamp')
  return timestamp(parsed.seconds, parsed.nanos, parsed.offset)
}

/** RFC 3339 as Go reads it; undefined: it is none. Years beyond CEL's are not looked for. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const zoneHours = Number(match[9] ?? 0)
  const zoneMinutes = Number(match[10] ?? 0)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59 || zoneHours > 24 || zoneMinutes > 60) return undefined
  const offset = (match[8]!.startsWith('-') ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset
  return new Timestamp(seconds, Number((match[7] ?? '').slice(0, 9).padEnd(9, '0')), offset)
}

function daysIn(year: number, month: number): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, 0)
  return date.getUTCDate()
}

/** RFC 3339 with as many digits of a second as there are, in the zone it was read with. */
export function stringOfTimestamp({ seconds, nanos, offset }: Timestamp): string {
  const text = new Date((seconds + offset) * 1000).toISOString()
  const at = text.indexOf('T')
  // Years outside 0 to 9999 have a sign and six digits; a zone can lead out of them.
  const date = text.slice(0, at).replace(/^\+0/, '')
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${date}${text.slice(at, at + 9)}${fraction}${zone(offset)}`
}

function zone(offset: number): string {
  if (offset === 0) return 'Z'
  const minutes = Math.abs(offset) / 60
  const two = (n: number) => String(Math.trunc(n)).padStart(2, '0')
  return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
