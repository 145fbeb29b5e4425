import type { FieldErrors } from '../../api/index.js'
import type { Counter } from './types.js'
import { deviceName, map } from './words.js'

const labelLength = 63

/** Counters by name; any quantity will do. */
export function validateCounters(
  counters: Readonly<Record<string, Counter>> = {},
  at: string,
  max: number,
  errors: FieldErrors,
): void {
  if (Object.keys(counters).length === 0) errors.required(at)
  else map(errors, at, counters, { max, shownKey: labelLength }, deviceName, () => {})
}
