import { child, type FieldErrors, index, type LabelSelectorSpec, qualifiedName } from '../../../api/index.js'

export interface LabelKeys {
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

/**
 * Keys of the pod's own labels that are merged into a selector when the pod is created: a pod that has been through that has
 * them in both places once. Source: ValidateMatchLabelKeysAndMismatchLabelKeys.
 */
export function validateMatchLabelKeys(
  { matchLabelKeys = [], mismatchLabelKeys = [] }: LabelKeys,
  selector: LabelSelectorSpec | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (matchLabelKeys.length === 0 && mismatchLabelKeys.length === 0) return
  validateKeys(matchLabelKeys, selector, child(path, 'matchLabelKeys'), errors)
  validateKeys(mismatchLabelKeys, selector, child(path, 'mismatchLabelKeys'), errors)
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = matchLabelKeys.lastIndexOf(key)
    if (i >= 0 && selected.has(key)) {
      errors.invalid(index(path, i), key, 'exists in both matchLabelKeys and labelSelector')
    }
    selected.add(key)
  }
  matchLabelKeys.forEach((key, i) => {
    if (!mismatchLabelKeys.includes(key)) return
    const at = index(child(path, 'matchLabelKeys'), i)
    errors.invalid(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys')
  })
}

/** The stricter rule of the time when keys were not merged; `path` is that of the keys. */
export function validateUnmergedLabelKeys(
  keys: readonly string[] | undefined,
  selector: LabelSelectorSpec | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (!keys?.length) return
  if (!selector) errors.forbidden(path, 'must not be specified when labelSelector is not set')
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) selected.add(key)
  keys.forEach((key, i) => {
    qualifiedName(errors, index(path, i), key)
    if (selected.has(key)) errors.invalid(index(path, i), key, 'exists in both matchLabelKeys and labelSelector')
  })
}

function validateKeys(
  keys: readonly string[],
  selector: LabelSelectorSpec | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (keys.length === 0) return
  if (!selector) errors.forbidden(path, 'must not be specified when labelSelector is not set')
  else {
    keys.forEach((key, i) => {
      qualifiedName(errors, index(path, i), key)
    })
  }
}
