import { child, each, type FieldErrors, required } from '../../api/index.js'

/** Of both kinds of this group. */
export function validateConditions(conditions: readonly { type?: string }[] | undefined, errors: FieldErrors): void {
  const seen = new Set<string>()
  each('status.conditions', conditions, ({ type = '' }, at) => {
    if (seen.has(type)) errors.duplicate(child(at, 'type'), type)
    seen.add(type)
    required(errors, child(at, 'type'), type)
  })
}
