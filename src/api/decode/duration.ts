import { timeQuote } from './time-quote.js'

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const maxInt64 = (1n << 63n) - 1n

/**
 * Go's time.ParseDuration.
 *
 * @returns nanoseconds, within int64
 * @throws Error with Go's text
 */
export function parseDuration(text: string): bigint {
  const invalid = () => new Error(`time: invalid duration ${timeQuote(text)}`)
  const negative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') throw invalid()
  let total = 0n
  while (rest !== '') {
    const number = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest)!
    const whole = number[1]!
    const fraction = number[2] ?? ''
    if (whole === '' && fraction === '') throw invalid()
    if (whole.length > 19 || fraction.length > 64) throw invalid()
    rest = rest.slice(number[0].length)
    const name = /^[^.0-9]*/.exec(rest)![0]
    if (name === '') throw new Error(`time: missing unit in duration ${timeQuote(text)}`)
    const unit = Object.hasOwn(units, name) ? units[name]! : undefined
    if (unit === undefined) throw new Error(`time: unknown unit ${timeQuote(name)} in duration ${timeQuote(text)}`)
    rest = rest.slice(name.length)
    total += BigInt(whole || '0') * unit + (BigInt(fraction || '0') * unit) / 10n ** BigInt(fraction.length)
    if (total > maxInt64 + 1n) throw invalid()
  }
  if (negative) return -total
  if (total > maxInt64) throw invalid()
  return total
}

/** The same in milliseconds. */
export const parseMilliseconds = (text: string): number => Number(parseDuration(text)) / 1e6

/** Go's Duration.String: `1h2m3.5s`, `1.5ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (value < 1_000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 6)}ms`
  const minutes = value / units.m!
  const seconds = `${decimal(value % units.m!, 9)}s`
  if (minutes === 0n) return sign + seconds
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`
}

function decimal(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits)
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '')
  return fraction === '' ? `${value / scale}` : `${value / scale}.${fraction}`
}
