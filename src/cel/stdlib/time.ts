import type { LibraryFunction, Overload } from '../library.js'
import { types } from '../types.js'
import { CelError, type Duration, int, type Timestamp } from '../values.js'

/** What is read of a moment, in the zone that is asked for; the date is the zone's, told as UTC. */
type Part = (local: Date, nanos: number) => number

const dayMs = 86_400_000
const dayOfYear: Part = (local) => {
  const start = new Date(local)
  start.setUTCMonth(0, 1)
  return Math.round((local.getTime() - start.getTime()) / dayMs)
}

const parts: readonly (readonly [name: string, id: string, zoned: string, part: Part])[] = [
  ['getFullYear', 'timestamp_to_year', 'timestamp_to_year_with_tz', (local) => local.getUTCFullYear()],
  ['getMonth', 'timestamp_to_month', 'timestamp_to_month_with_tz', (local) => local.getUTCMonth()],
  ['getDayOfYear', 'timestamp_to_day_of_year', 'timestamp_to_day_of_year_with_tz', dayOfYear],
  [
    'getDayOfMonth',
    'timestamp_to_day_of_month',
    'timestamp_to_day_of_month_with_tz',
    (local) => local.getUTCDate() - 1,
  ],
  [
    'getDate',
    'timestamp_to_day_of_month_1_based',
    'timestamp_to_day_of_month_1_based_with_tz',
    (local) => local.getUTCDate(),
  ],
  ['getDayOfWeek', 'timestamp_to_day_of_week', 'timestamp_to_day_of_week_with_tz', (local) => local.getUTCDay()],
  ['getHours', 'timestamp_to_hours', 'timestamp_to_hours_with_tz', (local) => local.getUTCHours()],
  ['getMinutes', 'timestamp_to_minutes', 'timestamp_to_minutes_with_tz', (local) => local.getUTCMinutes()],
  ['getSeconds', 'timestamp_to_seconds', 'timestamp_to_seconds_tz', (local) => local.getUTCSeconds()],
  [
    'getMilliseconds',
    'timestamp_to_milliseconds',
    'timestamp_to_milliseconds_with_tz',
    (_, nanos) => Math.trunc(nanos / 1_000_000),
  ],
]

/** Nanoseconds of what a duration is counted in. */
const units: Readonly<Record<string, readonly [id: string, nanos: bigint]>> = {
  getHours: ['duration_to_hours', 3_600_000_000_000n],
  getMinutes: ['duration_to_minutes', 60_000_000_000n],
  getSeconds: ['duration_to_seconds', 1_000_000_000n],
  getMilliseconds: ['duration_to_milliseconds', 1_000_000n],
}

/** Functions that take a timestamp or a duration apart. UTC unless a zone is given. */
export function timeFunctions(): LibraryFunction[] {
  const zones = new Zones()
  return parts.map(([name, id, zoned, part]) => {
    const overloads: Overload[] = [
      {
        id,
        member: true,
        args: [types.timestamp],
        result: types.int,
        call: (moment: Timestamp) => part(new Date(moment.seconds * 1000), moment.nanos),
      },
      {
        id: zoned,
        member: true,
        args: [types.timestamp, types.string],
        result: types.int,
        call: (moment: Timestamp, zone: string) =>
          part(new Date((moment.seconds + zones.offset(zone, moment.seconds)) * 1000), moment.nanos),
      },
    ]
    const unit = units[name]
    if (unit !== undefined) {
      overloads.push({
        id: unit[0],
        member: true,
        args: [types.duration],
        result: types.int,
        call: (duration: Duration) => int(duration.nanos / unit[1]),
      })
    }
    return { name, overloads, mismatch: () => 'no such overload' }
  })
}

const maxZones = 64

/** Time zones by name, as the JavaScript engine knows them. */
class Zones {
  readonly #formats = new Map<string, Intl.DateTimeFormat>()

  /** Seconds east of UTC at a moment. @throws CelError */
  offset(zone: string, seconds: number): number {
    const colon = zone.indexOf(':')
    if (colon >= 0) return fixedOffset(zone, colon)
    if (zone === '' || zone === 'UTC' || zone === 'Local') return 0
    const fields: Record<string, number> = {}
    for (const { type, value } of this.#format(zone).formatToParts(seconds * 1000)) fields[type] = Number(value)
    const date = new Date(0)
    date.setUTCFullYear(fields.year!, fields.month! - 1, fields.day!)
    return date.getTime() / 1000 + (fields.hour! % 24) * 3600 + fields.minute! * 60 + fields.second! - seconds
  }

  #format(zone: string): Intl.DateTimeFormat {
    const known = this.#formats.get(zone)
    if (known !== undefined) return known
    const format = makeFormat(zone)
    if (this.#formats.size >= maxZones) this.#formats.clear()
    this.#formats.set(zone, format)
    return format
  }
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric'
  try {
    if (!/^[A-Za-z]/.test(timeZone)) throw new RangeError('an offset, which Go takes for a name')
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
  } catch {
    throw new CelError(`unknown time zone ${timeZone}`)
  }
}

/** `+05:30`, with hours and minutes of any size, as cel-go reads them. */
function fixedOffset(zone: string, colon: number): number {
  const hours = atoi(zone.slice(0, colon))
  const minutes = atoi(zone.slice(colon + 1))
  return (hours * 60 + (zone.startsWith('-') ? -minutes : minutes)) * 60
}

function atoi(text: string): number {
  if (!/^[+-]?[0-9]{1,9}$/.test(text))
    throw new CelError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}
