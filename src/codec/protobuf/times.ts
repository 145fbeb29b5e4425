import { goTime } from '../../api/index.js'
import { WireError } from './wire-error.js'

const secondsOfDay = 86_400
/** What Date can say. */
const mostSeconds = 8_640_000_000_000

/** Seconds since 1970 of a canonical time (RFC 3339 in UTC, whatever fraction). */
export function secondsOf(text: string): number {
  if (text.length < 20 || text.charCodeAt(4) !== 0x2d || text.charCodeAt(0) === 0x2d) {
    // Years that four digits do not hold have six and a sign in JavaScript.
    const widened = text.replace(/^(-?)(\d+)/, (_, sign, year: string) => `${sign || '+'}${year.padStart(6, '0')}`)
    return Math.floor(Date.parse(widened) / 1000)
  }
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const clock = digits(text, 11, 2) * 3600 + digits(text, 14, 2) * 60 + digits(text, 17, 2)
  return daysSinceEpoch(year, month, day) * secondsOfDay + clock
}

/** Microseconds behind the second of a canonical metav1.MicroTime. */
export const microsOf = (text: string): number =>
  text.charCodeAt(text.length - 8) === 0x2e ? digits(text, text.length - 7, 6) : 0

/** `2006-01-02T15:04:05Z`, with `fraction` before the Z. @throws WireError for times that no Date can tell */
export function timeText(seconds: number | bigint, fraction = ''): string {
  const number = Number(seconds)
  if (number < -mostSeconds || number > mostSeconds) throw outside()
  return goTime(number, fraction)
}

const outside = () => new WireError('Time.MarshalJSON: year outside of range [0,9999]')

function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

/** The usual count over years that begin in March, in eras of 400 years. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}
