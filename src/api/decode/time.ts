import { timeQuote } from './time-quote.js'

const rfc3339 = '2006-01-02T15:04:05Z07:00'
const rfc3339Micro = '2006-01-02T15:04:05.000000Z07:00'
/** What the API server itself writes: nothing to do. */
const plainTime = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/**
 * metav1.Time: RFC 3339 with any offset and fraction in, UTC with whole seconds out. The zero time of Go is `null`.
 *
 * @throws Error with the text of Go's time.Parse
 */
export function canonicalTime(text: string): string | null {
  if (plainTime.test(text) && !text.startsWith('0001')) return text
  const { seconds } = parse(text, false)
  return isZero(seconds, 0) ? null : timeText(seconds, '')
}

/** metav1.MicroTime: exactly six digits of fraction, in and out. */
export function canonicalMicroTime(text: string): string | null {
  const { seconds, micros } = parse(text, true)
  return isZero(seconds, micros) ? null : timeText(seconds, `.${String(micros).padStart(6, '0')}`)
}

/** 0001-01-01T00:00:00Z. */
const zeroSeconds = -62_135_596_800
const isZero = (seconds: number, micros: number): boolean => seconds === zeroSeconds && micros === 0

/** The text of a canonical time. @param fraction what stands before the Z */
export function timeText(seconds: number, fraction: string): string {
  const iso = new Date(seconds * 1000).toISOString()
  // Offsets may lead out of the four-digit years, which toISOString writes with a sign and Go without.
  const text = iso.startsWith('+') ? iso.slice(1).replace(/^0+(?=\d{5})/, '') : iso.replace(/^-0*(?=\d{4})/, '-')
  return `${text.slice(0, -5)}${fraction}Z`
}

/** The steps of Go's time.Parse over the two layouts, element by element, for the sake of its errors. */
function parse(value: string, micro: boolean): { seconds: number; micros: number } {
  const layout = micro ? rfc3339Micro : rfc3339
  let rest = value
  const fail = (held: string, element: string): never => {
    throw new Error(
      `parsing time ${timeQuote(value)} as ${timeQuote(layout)}: cannot parse ${timeQuote(held)} as ${timeQuote(element)}`,
    )
  }
  const range = (what: string): never => {
    throw new Error(`parsing time ${timeQuote(value)}: ${what} out of range`)
  }
  const take = (pattern: RegExp, element: string): string => {
    const found = pattern.exec(rest)
    if (found === null) return fail(rest, element)
    rest = rest.slice(found[0].length)
    return found[0]
  }
  const literal = (text: string): void => {
    if (!rest.startsWith(text)) fail(rest, text)
    rest = rest.slice(text.length)
  }

  const year = Number(take(/^\d{4}/, '2006'))
  literal('-')
  const month = Number(take(/^\d\d/, '01'))
  if (month < 1 || month > 12) range('month')
  literal('-')
  const day = Number(take(/^\d\d/, '02'))
  literal('T')
  const hour = Number(take(/^\d\d?/, '15'))
  if (hour > 23) range('hour')
  literal(':')
  const minute = Number(take(/^\d\d/, '04'))
  if (minute > 59) range('minute')
  literal(':')
  const second = Number(take(/^\d\d/, '05'))
  if (second > 59) range('second')
  let micros = 0
  if (micro) {
    const fraction = rest.slice(0, 7)
    if (!/^[.,]\d{6}$/.test(fraction)) fail(rest, '.000000')
    micros = Number(fraction.slice(1))
    rest = rest.slice(7)
  } else {
    // Go takes a fraction after the seconds even where the layout has none.
    rest = rest.replace(/^[.,]\d+/, '')
  }
  const offset = takeZone()
  if (rest !== '') throw new Error(`parsing time ${timeQuote(value)}: extra text: ${timeQuote(rest)}`)
  if (day < 1 || day > daysIn(year, month)) range('day')
  return { seconds: epochSeconds(year, month, day) + hour * 3600 + minute * 60 + second - offset, micros }

  function takeZone(): number {
    if (rest.startsWith('Z')) {
      rest = rest.slice(1)
      return 0
    }
    const zone = /^([+-])(\d\d):(\d\d)/.exec(rest)
    if (zone === null) return fail(rest, 'Z07:00')
    if (Number(zone[2]) > 24) range('time zone offset hour')
    if (Number(zone[3]) > 60) range('time zone offset minute')
    rest = rest.slice(6)
    const seconds = Number(zone[2]) * 3600 + Number(zone[3]) * 60
    return zone[1] === '-' ? -seconds : seconds
  }
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function epochSeconds(year: number, month: number, day: number): number {
  // Date.UTC takes years below 100 for 19xx.
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / 1000
}
