import { Type } from '../types.js'
import { CelError, Duration, isDouble, isInt, Timestamp, toNumber, Uint, type Value } from '../values.js'

/** What `string(value)` gives for values of the language's scalar types and types; undefined for all others. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || isInt(value)) return String(value)
  if (isDouble(value)) return doubleText(toNumber(value))
  if (value instanceof Uint) return value.value.toString()
  if (value instanceof Uint8Array) return bytesText(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Timestamp) return timestampText(value)
  return value instanceof Type ? value.name : undefined
}

/** Go's `%g` with as many digits as it takes. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  const digits = mantissa.replace(/[-.]/g, '').length
  if (exponent >= -4 && exponent < 6) return value.toFixed(Math.max(digits - 1 - exponent, 0))
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function bytesText(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

function durationText({ nanos }: Duration): string {
  return `${plainDecimal(Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9)}s`
}

const plainDecimal = (value: number): string => {
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const digits = mantissa.replace(/[-.]/g, '').length
  return value.toFixed(Math.min(Math.max(digits - 1 - Number(power), 0), 100))
}

function timestampText({ seconds, nanos }: Timestamp): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${whole}${fraction}Z`
}
