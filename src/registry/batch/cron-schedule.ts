import { parseDuration, quote } from '../../api/index.js'
import { isTimeZone } from './time-zone.js'

/** Schedules of cron jobs. The format and the words are those of github.com/robfig/cron v3, ParseStandard. */

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names?: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Minute, hour, day of the month, month, day of the week. */
const fieldBounds: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
]
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** What is wrong with a schedule; undefined: nothing. */
export function checkSchedule(schedule: string): string | undefined {
  let rest = schedule
  if (rest.startsWith('TZ=') || rest.startsWith('CRON_TZ=')) {
    const space = rest.indexOf(' ')
    const start = rest.indexOf('=') + 1
    if (space < 0) return `invalid schedule format: runtime error: slice bounds out of range [:-1]`
    const zone = rest.slice(start, space)
    if (zone !== '' && zone !== 'Local' && !isTimeZone(zone))
      return `provided bad location ${zone}: unknown time zone ${zone}`
    rest = rest.slice(space).trim()
  }
  if (rest.startsWith('@')) return checkDescriptor(rest)
  const fields = rest.split(/\s+/u).filter((field) => field !== '')
  if (fields.length !== fieldBounds.length)
    return `expected exactly ${fieldBounds.length} fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [i, bounds] of fieldBounds.entries())
    for (const range of fields[i]!.split(',')) {
      const wrong = range === '' ? undefined : checkRange(range, bounds)
      if (wrong !== undefined) return wrong
    }
  return undefined
}

function checkDescriptor(descriptor: string): string | undefined {
  if (descriptors.includes(descriptor)) return undefined
  const every = '@every '
  if (!descriptor.startsWith(every)) return `unrecognized descriptor: ${descriptor}`
  try {
    parseDuration(descriptor.slice(every.length))
    return undefined
  } catch (error) {
    return `failed to parse duration ${descriptor}: ${(error as Error).message}`
  }
}

/** `*`, `5`, `1-5`, each with `/step`. */
function checkRange(range: string, bounds: Bounds): string | undefined {
  const [span = '', step, ...more] = range.split('/')
  const ends = span.split('-')
  let start = bounds.min
  let end = bounds.max
  if (ends[0] !== '*' && ends[0] !== '?') {
    const first = numberOrName(ends[0]!, bounds)
    if (typeof first === 'string') return first
    start = first
    end = first
    if (ends.length > 2) return `too many hyphens: ${range}`
    if (ends.length === 2) {
      const last = numberOrName(ends[1]!, bounds)
      if (typeof last === 'string') return last
      end = last
    }
  }
  let width = 1
  if (more.length > 0) return `too many slashes: ${range}`
  if (step !== undefined) {
    const parsed = number(step)
    if (typeof parsed === 'string') return parsed
    width = parsed
    if (ends.length === 1) end = bounds.max
  }
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${range}`
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${range}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`
  return width === 0 ? `step of range should be a positive number: ${range}` : undefined
}

/** The number, or what is wrong. */
function numberOrName(text: string, { min, names }: Bounds): number | string {
  const at = names?.indexOf(text.toLowerCase()) ?? -1
  return at >= 0 ? at + min : number(text)
}

function number(text: string): number | string {
  const fail = (why: string) => `failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: ${why}`
  if (!/^[+-]?[0-9]+$/.test(text)) return fail('invalid syntax')
  if (BigInt.asIntN(64, toBigInt(text)) !== toBigInt(text)) return fail('value out of range')
  const value = Number(text)
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value
}

/** Long digits are cut: they are out of range anyway, and their conversion would take its time. */
const toBigInt = (text: string): bigint => BigInt(text.replace('+', '').slice(0, 40))
