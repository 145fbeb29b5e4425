import { timeZoneNames } from './time-zone-names.js'

/** Whether Go would find a time zone of this name: IANA names and their aliases, in their own letter case. */
export function isTimeZone(name: string): boolean {
  const slash = name.lastIndexOf('/')
  const area = name.slice(0, Math.max(slash, 0))
  if (slash === 0 || name.includes(' ') || !Object.hasOwn(timeZoneNames, area)) return false
  return timeZoneNames[area]!.split(' ').includes(name.slice(slash + 1))
}
