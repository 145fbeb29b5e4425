import { canonicalTime } from '../../api/index.js'
import { CborError } from './error.js'

/**
 * The text that Go writes for what stands under the tags of times (0 and 1): RFC 3339 with as many digits of a second as it
 * takes. Texts keep their offset; numbers are seconds of UTC since 1970.
 *
 * @throws CborError for what is no time, and for years that RFC 3339 has no form for
 */
export function taggedTime(content: unknown): string {
  switch (typeof content) {
    case 'string':
      return timeOfText(content)
    case 'number':
      return timeOfSeconds(content)
    case 'bigint':
      throw outsideOfYears()
    default:
      throw new CborError(`cbor: cannot unmarshal ${cborType(content)} into Go value of type time.Time`)
  }
}

const parts = /^(\d{4}-\d\d-\d\dT)(\d\d?)(:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

function timeOfText(text: string): string {
  try {
    canonicalTime(text)
  } catch (error) {
    throw new CborError(`cbor: cannot set ${text} for time.Time: ${(error as Error).message}`)
  }
  const [, date, hour, rest, fraction = '', zone] = parts.exec(text)!
  if (zone!.slice(1, 3) === '24') throw noForm('timezone hour outside of range [0,23]')
  return `${date}${hour!.padStart(2, '0')}${rest}${digits(fraction.slice(0, 9))}${/00:00$/.test(zone!) ? 'Z' : zone}`
}

function timeOfSeconds(value: number): string {
  const whole = Math.trunc(value)
  const nanos = Math.trunc((value - whole) * 1e9)
  const date = new Date((nanos < 0 ? whole - 1 : whole) * 1000)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw outsideOfYears()
  return `${date.toISOString().slice(0, -5)}${digits(String((nanos + 1e9) % 1e9).padStart(9, '0'))}Z`
}

const digits = (fraction: string): string => {
  const shortened = fraction.replace(/0+$/, '')
  return shortened === '' ? '' : `.${shortened}`
}

const outsideOfYears = (): CborError => noForm('year outside of range [0,9999]')

const noForm = (why: string): CborError =>
  new CborError(
    `cbor: decoded time cannot be represented in RFC3339 format with sub-second precision: Time.MarshalText: ${why}`,
  )

function cborType(content: unknown): string {
  if (Array.isArray(content)) return 'array'
  return typeof content === 'object' && content !== null ? 'map' : 'primitives'
}
