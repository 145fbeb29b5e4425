import { parseDuration } from '../../api/index.js'
import { parseTimestamp } from '../convert.js'
import { CelError, Duration, Timestamp } from '../values.js'

const second = 1_000_000_000n
const units: readonly (readonly [names: string, nanos: bigint])[] = [
  ['ns nano nanos nanosecond nanoseconds', 1n],
  ['us µs micro micros microsecond microseconds', 1_000n],
  ['ms milli millis millisecond milliseconds', 1_000_000n],
  ['s sec secs second seconds', second],
  ['m min mins minute minutes', 60n * second],
  ['h hr hrs hour hours', 3_600n * second],
  ['d day days', 86_400n * second],
  ['w wk wks week weeks', 604_800n * second],
]

/** Format `duration`: Go's durations, and a number with a word such as `3 days`. */
export function readDuration(text: string): Duration {
  try {
    return new Duration(parseDuration(text))
  } catch (error) {
    const [, digits, word] = /^\s*(\d{1,18})\s*([A-Za-zµ]+)\s*$/.exec(text) ?? []
    const unit = units.find(([names]) => word !== undefined && names.split(' ').includes(word.toLowerCase()))
    if (digits === undefined || unit === undefined)
      throw new CelError(`Invalid duration ${text}: ${(error as Error).message}`)
    return new Duration(BigInt(digits) * unit[1])
  }
}

/** Format `date`. */
export function readDate(text: string): Timestamp {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseTimestamp(`${text}T00:00:00Z`) : undefined
  if (date === undefined) throw new CelError(`Invalid date formatted string ${text}: cannot parse`)
  return date
}

const dateTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(?:[.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/i

/** Format `date-time`: RFC 3339, and its relatives that leave out seconds, the zone or its colon. */
export function readDateTime(text: string): Timestamp {
  if (text === '') return new Timestamp(0, 0)
  const [, date, time, seconds = ':00', zone = 'Z'] = dateTime.exec(text) ?? []
  const colon = zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()
  const parsed = date === undefined ? undefined : parseTimestamp(`${date}T${time}${seconds}${colon}`)
  if (parsed === undefined) throw new CelError(`Invalid date-time formatted string ${text}: cannot parse`)
  return parsed
}

/** Format `byte`. Upstream checks for one alphabet and reads another, that of URLs: `+` and `/` cannot be read. */
export function readBytes(text: string): Uint8Array {
  const foreign = /[^A-Za-z0-9_-]/.exec(text.replace(/={1,2}$/, ''))
  if (foreign !== null || text.length % 4 !== 0)
    throw new CelError(
      `Invalid byte formatted string ${text}: illegal base64 data at input byte ${foreign?.index ?? text.length}`,
    )
  return Uint8Array.from(Buffer.from(text, 'base64url'))
}
