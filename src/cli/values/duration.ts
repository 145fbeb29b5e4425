import { goQuote } from './go-strings.js'

/** Nanoseconds of Go's units. */
const units = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])
const longest = 2 ** 63

/**
 * Go's time.ParseDuration: `1h30m`, `1.5s`, `-2ms`, `0`.
 *
 * @returns milliseconds
 * @throws Error with Go's text
 */
export function parseDuration(text: string): number {
  const negative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0
  if (rest === '') throw wrong('invalid duration', text)
  let total = 0
  while (rest !== '') {
    const [number] = /^[0-9]*(\.[0-9]*)?/.exec(rest)!
    if (!/[0-9]/.test(number)) throw wrong('invalid duration', text)
    rest = rest.slice(number.length)
    const [unit] = /^[^.0-9]*/.exec(rest)!
    if (unit === '') throw wrong('missing unit in duration', text)
    rest = rest.slice(unit.length)
    const size = units.get(unit)
    if (size === undefined) throw wrong(`unknown unit ${goQuote(unit)} in duration`, text)
    total += Number(number.endsWith('.') ? number.slice(0, -1) : number) * size
    if (total > longest || (total === longest && !negative)) throw wrong('invalid duration', text)
  }
  return (negative ? -total : total) / 1e6
}

/** A time in milliseconds as Go's Duration.String prints it: `1h0m0s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const total = Math.abs(Math.round(milliseconds * 1e6))
  const sign = milliseconds < 0 ? '-' : ''
  if (total === 0) return '0s'
  if (total < 1e3) return `${sign}${total}ns`
  if (total < 1e6) return `${sign}${total / 1e3}µs`
  if (total < 1e9) return `${sign}${total / 1e6}ms`
  const hours = Math.floor(total / 3600e9)
  const minutes = Math.floor((total % 3600e9) / 60e9)
  const seconds = `${(total % 60e9) / 1e9}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

const wrong = (what: string, text: string): Error => new Error(`time: ${what} ${goQuote(text)}`)
