import {
  child,
  type FieldErrors,
  isLabelValue,
  type KubeObject,
  type LabelSelector,
  type LabelSelectorSpec,
  labelSelectorOf,
  validateLabelSelector,
} from '../../api/index.js'

/** `spec.selector` as the scale subresource's status tells it. */
export const selectorText = ({ spec }: KubeObject): string => readSelector(spec?.selector)?.toString() ?? ''

/** Undefined if it is not valid. An absent one matches nothing. */
export function readSelector(selector: LabelSelectorSpec | undefined | null): LabelSelector | undefined {
  try {
    return labelSelectorOf(selector)
  } catch {
    return undefined
  }
}

export const isEmptySelector = ({ matchLabels, matchExpressions }: LabelSelectorSpec): boolean =>
  (matchLabels === undefined || Object.keys(matchLabels).length === 0) && (matchExpressions?.length ?? 0) === 0

/**
 * A selector that must be there, be valid and select something: those of deployments, replica sets and stateful sets.
 * `owner` and `invalid` are the kind and the text for an invalid one as upstream's messages have them.
 */
export function validateWorkloadSelector(
  selector: LabelSelectorSpec | undefined | null,
  owner: string,
  invalid: string,
  path: string,
  errors: FieldErrors,
): LabelSelector | undefined {
  const at = child(path, 'selector')
  if (!selector) errors.required(at)
  else {
    validateLabelSelector(selector, errors, at)
    if (isEmptySelector(selector)) errors.invalid(at, selector, `empty selector is invalid for ${owner}`)
  }
  const compiled = readSelector(selector)
  if (compiled === undefined) errors.invalid(at, selector, invalid)
  return compiled
}

/** Whether an old object's selector has values that are not allowed any more. */
export const hasInvalidValue = (selector: LabelSelectorSpec | undefined | null): boolean =>
  selector?.matchExpressions?.some(({ values }) => values?.some((value) => isLabelValue(value).length > 0)) ?? false
