import { child, type FieldErrors, index } from '../field-errors.js'
import { type LabelSelectorOptions, type LabelSelectorSpec, validateLabelSelector } from '../label-selector.js'
import { isLabelValue } from '../labels.js'
import { byteLength, isConditionReason, isDecimalInteger, isDns1123Subdomain } from '../names.js'
import { equalJson } from '../object.js'
import { invalidEach, qualifiedName, required } from './scalars.js'

/** Words about lists, pairs of old and new, and the structures that many kinds share. Conventions: scalars.ts. */

/** Semantic equality: absent, null and empty lists and maps are the same. */
export function immutable(
  errors: FieldErrors,
  path: string,
  value: unknown,
  old: unknown,
  detail = 'field is immutable',
): boolean {
  if (equalJson(value ?? undefined, old ?? undefined) || (isEmpty(value) && isEmpty(old))) return true
  errors.invalid(path, value, detail)
  return false
}

/**
 * Adds "Duplicate value" at `path[i]` (or `path[i].member`) for every item whose key came before. Items without a key are
 * left out.
 */
export function uniqueBy<T>(
  errors: FieldErrors,
  path: string,
  list: readonly T[] | null | undefined,
  keyOf: (item: T) => string | number | undefined,
  member = '',
): boolean {
  const seen = new Set<string | number>()
  let unique = true
  list?.forEach((item, i) => {
    const key = keyOf(item)
    if (key === undefined) return
    if (seen.has(key)) {
      errors.duplicate(member === '' ? index(path, i) : child(index(path, i), member), key)
      unique = false
    }
    seen.add(key)
  })
  return unique
}

/** Calls back with the path of every item. */
export function each<T>(
  path: string,
  list: readonly T[] | null | undefined,
  judge: (item: T, path: string) => void,
): void {
  list?.forEach((item, i) => {
    judge(item, index(path, i))
  })
}

export function labelSelector(
  errors: FieldErrors,
  path: string,
  selector: LabelSelectorSpec | null | undefined,
  options?: LabelSelectorOptions,
): void {
  validateLabelSelector(selector, errors, path, options)
}

export interface Condition {
  readonly type?: string
  readonly status?: string
  readonly observedGeneration?: number
  readonly lastTransitionTime?: string | null
  readonly reason?: string
  readonly message?: string
}

/** metav1.Condition lists. */
export function conditions(errors: FieldErrors, path: string, list: readonly Condition[] | null | undefined): void {
  const seen = new Set<string>()
  each(path, list, (condition, at) => {
    const { type = '', status = '', observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
    if (seen.has(type)) errors.duplicate(child(at, 'type'), type)
    seen.add(type)
    qualifiedName(errors, child(at, 'type'), type)
    if (!conditionStatuses.includes(status)) errors.notSupported(child(at, 'status'), status, conditionStatuses)
    if (observedGeneration < 0) {
      errors.invalid(child(at, 'observedGeneration'), observedGeneration, 'must be greater than or equal to zero')
    }
    required(errors, child(at, 'lastTransitionTime'), lastTransitionTime)
    if (required(errors, child(at, 'reason'), reason)) {
      invalidEach(errors, child(at, 'reason'), reason, isConditionReason(reason))
      if (byteLength(reason) > 1024) errors.tooLong(child(at, 'reason'), 1024)
    }
    if (byteLength(message) > 32 * 1024) errors.tooLong(child(at, 'message'), 32 * 1024)
  })
}

const conditionStatuses = ['False', 'True', 'Unknown']

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number | bigint | null
}

/** @param comparisons whether `Lt` and `Gt` are operators: the gate TaintTolerationComparisonOperators */
export function tolerations(
  errors: FieldErrors,
  path: string,
  list: readonly Toleration[] | null | undefined,
  { comparisons = false }: { readonly comparisons?: boolean } = {},
): void {
  each(path, list, ({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, at) => {
    if (key !== '') qualifiedName(errors, child(at, 'key'), key)
    else if (operator !== 'Exists') {
      const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      errors.invalid(child(at, 'operator'), operator, detail)
    }
    if (tolerationSeconds !== undefined && tolerationSeconds !== null && effect !== 'NoExecute') {
      errors.invalid(child(at, 'effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    tolerationValue(errors, at, operator, value, comparisons)
    if (effect !== '') taintEffect(errors, child(at, 'effect'), effect)
  })
}

function tolerationValue(errors: FieldErrors, at: string, operator: string, value: string, comparisons: boolean): void {
  if (operator === '' || operator === 'Equal') {
    const wrong = isLabelValue(value)
    if (wrong.length > 0) errors.invalid(child(at, 'operator'), value, wrong.join(';'))
  } else if (operator === 'Exists') {
    if (value !== '') errors.invalid(child(at, 'operator'), value, "value must be empty when `operator` is 'Exists'")
  } else if (operator !== 'Lt' && operator !== 'Gt') {
    errors.notSupportedInOrder(child(at, 'operator'), operator, ['Equal', 'Exists'])
  } else if (!comparisons) {
    errors.notSupportedInOrder(child(at, 'operator'), operator, ['Equal', 'Exists', 'Lt', 'Gt'])
  } else {
    invalidEach(errors, child(at, 'value'), value, isDecimalInteger(value))
    const number = /^[+-]?[0-9]+$/.test(value) ? BigInt(value.replace('+', '')) : undefined
    if (number === undefined) {
      errors.invalid(child(at, 'value'), value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
    } else if (BigInt.asIntN(64, number) !== number) {
      errors.invalid(
        child(at, 'value'),
        value,
        `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`,
      )
    }
  }
}

export function taintEffect(errors: FieldErrors, path: string, effect: string): boolean {
  const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
  if (effects.includes(effect)) return true
  errors.notSupportedInOrder(path, effect, effects)
  return false
}

export interface NodeSelectorRequirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[] | null
}
export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[] | null
  readonly matchFields?: readonly NodeSelectorRequirement[] | null
}
export interface NodeSelectorOptions {
  /** For objects that were stored with invalid values, and for preferences. */
  readonly allowInvalidValues?: boolean
}

/** core v1 NodeSelector: at least one term. */
export function nodeSelector(
  errors: FieldErrors,
  path: string,
  selector: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] | null },
  options?: NodeSelectorOptions,
): void {
  const terms = child(path, 'nodeSelectorTerms')
  if (!required(errors, terms, selector.nodeSelectorTerms, 'must have at least one node selector term')) return
  each(terms, selector.nodeSelectorTerms, (term, at) => nodeSelectorTerm(errors, at, term, options))
}

export function nodeSelectorTerm(
  errors: FieldErrors,
  path: string,
  term: NodeSelectorTerm,
  { allowInvalidValues = false }: NodeSelectorOptions = {},
): void {
  each(child(path, 'matchExpressions'), term.matchExpressions, (requirement, at) => {
    nodeExpression(errors, at, requirement, allowInvalidValues)
  })
  each(child(path, 'matchFields'), term.matchFields, (requirement, at) => nodeField(errors, at, requirement))
}

function nodeExpression(errors: FieldErrors, path: string, req: NodeSelectorRequirement, allowInvalid: boolean): void {
  const values = req.values ?? []
  const at = child(path, 'values')
  switch (req.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.required(at, "must be specified when `operator` is 'In' or 'NotIn'")
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) errors.forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) errors.required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      break
    default:
      errors.invalid(child(path, 'operator'), req.operator ?? '', 'not a valid selector operator')
  }
  qualifiedName(errors, child(path, 'key'), req.key)
  if (!allowInvalid) each(at, values, (value, each) => invalidEach(errors, each, value, isLabelValue(value)))
}

function nodeField(
  errors: FieldErrors,
  path: string,
  { key = '', operator = '', values }: NodeSelectorRequirement,
): void {
  const at = child(path, 'values')
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.invalid(child(path, 'operator'), operator, 'not a valid selector operator')
  } else if (values?.length !== 1) {
    errors.required(at, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
  }
  if (key !== 'metadata.name') errors.invalid(child(path, 'key'), key, 'not a valid field selector key')
  else each(at, values, (value, own) => invalidEach(errors, own, value, isDns1123Subdomain(value)))
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0)
