import { quote } from '../api/index.js'

const units: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/**
 * Go's time.ParseDuration, in milliseconds.
 *
 * @throws Error with Go's text
 */
export function parseGoDuration(text: string): number {
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text
  if (unsigned === '0') return 0
  const invalid = (): Error => new Error(`time: invalid duration ${quote(text)}`)
  if (unsigned === '') throw invalid()
  const part = /(\d*)(\.\d*)?([^\d.]*)/y
  let total = 0
  while (part.lastIndex < unsigned.length) {
    const [, whole, fraction, unit] = part.exec(unsigned)!
    if (whole === '' && (fraction === undefined || fraction === '.')) throw invalid()
    if (unit === '') throw new Error(`time: missing unit in duration ${quote(text)}`)
    const scale = units.get(unit!)
    if (scale === undefined) throw new Error(`time: unknown unit ${quote(unit!)} in duration ${quote(text)}`)
    total += Number(`${whole || '0'}${fraction ?? ''}`) * scale
  }
  // 2^63 nanoseconds
  if (total > 9_223_372_036_854.775) throw invalid()
  return text.startsWith('-') ? -total : total
}
