import { type FieldErrors, intOrPercent, isPercent } from '../../api/index.js'

export type IntOrString = number | string

/** What upstream counts with: the number, the figure of a percentage or of a text of digits, else 0. */
export function figureOf(value: IntOrString | undefined): number {
  if (typeof value !== 'string') return value ?? 0
  if (isPercent(value).length === 0) return Number(value.slice(0, -1))
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0
}

/** An absent value counts as 0, as it does in upstream's internal types. */
export const positiveIntOrPercent = (errors: FieldErrors, path: string, value: IntOrString | undefined): boolean =>
  intOrPercent(errors, path, value ?? 0)
