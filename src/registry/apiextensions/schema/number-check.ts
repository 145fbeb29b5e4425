import { goFloat, JsonNumber } from '../../../api/index.js'
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
    if (!range(value)) tell('Checked')
    const within = (limit: number, what: string, exclusive: boolean, sign: 1 | -1): void => {
      const fits = range(limit)
      if (!fits) tell(what)
      // A limit that its type cannot hold is compared as a float is, any other as what the value is.
      const native = fits && isInt(value)
      const bound = native ? toInt64(limit) : limit
      const over = sign > 0 ? value > bound : value < bound
      // biome-ignore lint/suspicious/noDoubleEquals: integers of both kinds
      if (!over && !(exclusive && value == bound)) return
      const than = `${sign > 0 ? 'less' : 'greater'} than ${exclusive ? '' : 'or equal to '}`
      const told = native ? bound : goFloat(limit)
      out.errors.push(invalid(path, `${path} in body should be ${than}${told}`, native ? value : asFloat(value)))
    }
    if (multipleOf !== undefined) {
      const fits = range(multipleOf)
      if (!fits) tell('MultipleOf')
      const native = fits && isInt(value)
      const factor = native ? toInt64(multipleOf) : multipleOf
      const told = native ? String(factor) : goFloat(multipleOf)
      if (factor <= 0)
        out.errors.push(invalid(path, `factor MultipleOf declared for ${path} must be positive: ${told}`, factor))
      else if (!isMultiple(value, factor))
        out.errors.push(
          invalid(path, `${path} in body should be a multiple of ${told}`, native ? value : asFloat(value)),
        )
    }
    if (minimum !== undefined) within(minimum, 'Minimum boundary', exclusiveMinimum, -1)
    if (maximum !== undefined) within(maximum, 'Maximum boundary', exclusiveMaximum, 1)
  }
}

/** Printed as a float, even where it is an integer. */
const asFloat = (value: number | bigint): JsonNumber => new JsonNumber(goFloat(Number(value)))

/** As amd64 converts floats: fractions are cut off, and what is beyond 64 bits is the smallest integer. */
function toInt64(value: number): number | bigint {
  const whole = Math.trunc(value)
  if (Number.isSafeInteger(whole)) return whole
  return Math.abs(whole) < 2 ** 63 ? BigInt(whole) : -(2n ** 63n)
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

function isMultiple(value: number | bigint, divisor: number | bigint): boolean {
  if (isInt(value) && (typeof divisor === 'bigint' || Number.isInteger(divisor)))
    return BigInt(value) % BigInt(divisor) === 0n
  const factor = Number(divisor)
  const number = Number(value)
  return isJsonInteger(factor < 1 ? (1 / factor) * number : number / factor)
}

/** Whether a float is an integer as far as rounding lets one tell. Source: go-openapi/swag IsFloat64AJSONInteger. */
export function isJsonInteger(value: number): boolean {
  const rounded = Math.trunc(value)
  if (!Number.isFinite(value) || Math.abs(rounded) > Number.MAX_SAFE_INTEGER) return false
  if (value === rounded) return true
  // Upstream rounds by way of an integer without a sign.
  return rounded > 0 && (value - rounded) / (value + rounded) < 1e-9
}

const plain = (message: string): CheckError => ({ kind: 'plain', message })
