import { type CheckError, type CheckResult, invalid } from './check-result.js'
import type { JsonSchema } from './json-schema.js'

type NumberCheck = (value: number | bigint, path: string, out: CheckResult) => void

/** Ranges and bounds of numbers. Source: kube-openapi pkg/validation/validate, numberValidator and values.go. */
export function numberCheck(schema: JsonSchema, type: string, format: string): NumberCheck {
  const range = rangeOf(type, format)
  const { multipleOf, maximum, minimum, exclusiveMaximum = false, exclusiveMinimum = false } = schema
  const ofType = format === '' ? `${type} (default format)` : `${type} with format ${format}`
  return (value, path, out) => {
    const tell = (what: string): void =>
      void out.errors.push(plain(`${what} value must be of type ${ofType} in ${path}`))
    const bound = (limit: number, what: string): number => {
      if (!range(limit)) tell(what)
      return isInt(value) ? Math.trunc(limit) : limit
    }
    if (!range(value)) tell('Checked')
    if (multipleOf !== undefined) {
      const factor = bound(multipleOf, 'MultipleOf')
      if (factor <= 0)
        out.errors.push(
          invalid(path, `factor MultipleOf declared for ${path} must be positive: ${goNumber(factor)}`, factor),
        )
      else if (!isMultiple(value, factor))
        out.errors.push(invalid(path, `${path} in body should be a multiple of ${goNumber(factor)}`, value))
    }
    if (minimum !== undefined) {
      const limit = bound(minimum, 'Minimum boundary')
      if (exclusiveMinimum ? value <= limit : value < limit)
        out.errors.push(
          invalid(
            path,
            `${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${goNumber(limit)}`,
            value,
          ),
        )
    }
    if (maximum !== undefined) {
      const limit = bound(maximum, 'Maximum boundary')
      if (exclusiveMaximum ? value >= limit : value > limit)
        out.errors.push(
          invalid(
            path,
            `${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${goNumber(limit)}`,
            value,
          ),
        )
    }
  }
}

const isInt = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isSafeInteger(value)
const maxInt64 = 2n ** 63n - 1n

/** Whether a number converts to the type without loss. */
function rangeOf(type: string, format: string): (value: number | bigint) => boolean {
  if (type === 'integer') {
    if (format === 'int32') return (value) => isWhole(value) && value >= -(2 ** 31) && value < 2 ** 31
    return (value) =>
      isWhole(value) &&
      (typeof value === 'bigint' ? value <= maxInt64 && value >= -maxInt64 - 1n : Math.abs(value) < 2 ** 63)
  }
  if (format === 'float') return (value) => Number.isFinite(Math.fround(Number(value)))
  return () => true
}

const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value)

function isMultiple(value: number | bigint, factor: number): boolean {
  if (isInt(value) && Number.isInteger(factor)) return BigInt(value) % BigInt(factor) === 0n
  const number = Number(value)
  return isJsonInteger(factor < 1 ? (1 / factor) * number : number / factor)
}

/** Whether a float is an integer as far as rounding lets one tell. Source: go-openapi/swag IsFloat64AJSONInteger. */
function isJsonInteger(value: number): boolean {
  const max = 2 ** 53 - 1
  if (!Number.isFinite(value) || Math.abs(value) > max) return false
  const rounded = Math.trunc(value)
  const difference = Math.abs(value - rounded)
  if (value === rounded) return true
  if (value === 0 || rounded === 0 || difference < Number.MIN_VALUE) return difference < Number.EPSILON * 1e-9
  return difference / Math.min(Math.abs(value) + Math.abs(rounded), Number.MAX_VALUE) < 1e-9
}

/** Go's %v of a float64 or int64. */
export function goNumber(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
  }
  return String(value)
}

const plain = (message: string): CheckError => ({ kind: 'plain', message })
