import { child, type FieldErrors, index, nonNegative } from '../../api/index.js'
import { countIndexes } from './indexes.js'
import type { JobSpec, SuccessPolicyRule } from './job-types.js'

const limits = { rules: 20, indexes: 64 * 1024 }

/** Of an indexed job. Source: validateSuccessPolicy. */
export function validateSuccessPolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const rules = spec.successPolicy?.rules ?? []
  const at = child(path, 'rules')
  if (rules.length === 0)
    errors.required(at, 'at least one rules must be specified when the successPolicy is specified')
  if (rules.length > limits.rules) errors.tooMany(at, rules.length, limits.rules)
  rules.forEach((rule, i) => {
    validateRule(rule, spec.completions ?? 0, index(at, i), errors)
  })
}

function validateRule(rule: SuccessPolicyRule, completions: number, path: string, errors: FieldErrors): void {
  const { succeededCount: count, succeededIndexes: indexes } = rule
  if (count === undefined && indexes === undefined)
    errors.required(path, 'at least one of succeededCount or succeededIndexes must be specified')
  let total = 0
  if (indexes !== undefined) {
    const at = child(path, 'succeededIndexes')
    if (Buffer.byteLength(indexes) > limits.indexes) errors.tooLong(at, limits.indexes)
    try {
      total = countIndexes(indexes, completions)
    } catch (error) {
      errors.invalid(at, indexes, `error parsing succeededIndexes: ${(error as Error).message}`)
    }
  }
  if (count === undefined) return
  const at = child(path, 'succeededCount')
  nonNegative(errors, at, count)
  if (count > completions)
    errors.invalid(at, count, `must be less than or equal to ${completions} (the number of specified completions)`)
  if (indexes !== undefined && count > total)
    errors.invalid(
      at,
      count,
      `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
    )
}
