import { child, type FieldErrors, nonNegative } from '../../api/index.js'

type Counts = Readonly<Record<string, number | undefined>>

/** None of the fields may be negative; absent is fine. */
export function countsNonNegative(errors: FieldErrors, path: string, status: Counts, fields: readonly string[]): void {
  for (const field of fields) nonNegative(errors, child(path, field), status[field])
}

/** Each of the fields against `total`; absent counts as 0. */
export function countsAtMost(
  errors: FieldErrors,
  path: string,
  status: Counts,
  fields: readonly string[],
  total: string,
  detail: string,
): void {
  for (const field of fields)
    if ((status[field] ?? 0) > (status[total] ?? 0)) errors.invalid(child(path, field), status[field] ?? 0, detail)
}

/** A collision count only grows. */
export function collisionCountGrows(errors: FieldErrors, status: Counts, old: Counts): void {
  const { collisionCount: before } = old
  const { collisionCount: now } = status
  if (before !== undefined && (now === undefined || now < before))
    errors.invalid('status.collisionCount', now ?? 0, 'cannot be decremented')
}
