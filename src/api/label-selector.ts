import { child, FieldErrors, index, key as keyed } from './field-errors.js'
import { type LabelOperator, parseRequirements } from './label-selector-parser.js'
import { isLabelValue, isQualifiedName } from './labels.js'

/** Label selectors: query parameters, metav1.LabelSelector objects, and plain maps. Source: apimachinery pkg/labels. */

/** metav1.LabelSelector. */
export interface LabelSelectorSpec {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}

export interface LabelSelectorRequirement {
  readonly key: string
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`, if valid. */
  readonly operator: string
  readonly values?: readonly string[]
}

export type Labels = Readonly<Record<string, string>>

/** One condition of a selector. Values are in the order given; `Gt` and `Lt` have one, an integer. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** All requirements must hold; without any everything matches. */
export class LabelSelector {
  static readonly everything = new LabelSelector([])
  static readonly nothing = new LabelSelector([], false)

  readonly requirements: readonly LabelRequirement[]
  /** False for the selector of an absent LabelSelector, which matches nothing. */
  readonly selectable: boolean

  constructor(requirements: readonly LabelRequirement[], selectable = true) {
    this.requirements = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    this.selectable = selectable
  }

  get empty(): boolean {
    return this.selectable && this.requirements.length === 0
  }

  matches(labels: Labels | undefined): boolean {
    if (!this.selectable) return false
    for (const requirement of this.requirements) if (!holds(requirement, labels)) return false
    return true
  }

  /** The one value a label must have for a match; undefined if there is no such. */
  exactMatch(key: string): string | undefined {
    const found = this.requirements.find((requirement) => requirement.key === key)
    const exact = found !== undefined && exactOperators.has(found.operator) && found.values.length === 1
    return exact ? found.values[0] : undefined
  }

  /** The canonical text, sorted by key. Parsing it gives the same selector. */
  toString(): string {
    return this.requirements.map(requirementText).join(',')
  }
}

const exactOperators: ReadonlySet<LabelOperator> = new Set(['=', '==', 'in'])

/**
 * Parses the query grammar: `a=b,c in (d,e),!f,g>1`.
 *
 * @throws Error with upstream's text
 */
export function parseLabelSelector(text: string): LabelSelector {
  return text === '' ? LabelSelector.everything : new LabelSelector(parseRequirements(text, checkedRequirement))
}

/**
 * The selector of a metav1.LabelSelector: absent matches nothing, empty matches everything.
 *
 * @throws Error with upstream's text if it is not valid
 */
export function labelSelectorOf(spec: LabelSelectorSpec | undefined | null): LabelSelector {
  if (spec === undefined || spec === null) return LabelSelector.nothing
  const requirements = Object.entries(spec.matchLabels ?? {}).map(([key, value]) =>
    checkedRequirement(key, '=', [value]),
  )
  for (const { key, operator, values } of spec.matchExpressions ?? []) {
    const own = operators.get(operator)
    if (own === undefined) throw new Error(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(checkedRequirement(key, own, values ?? []))
  }
  return new LabelSelector(requirements)
}

/** The selector of a plain map (a service's, a replication controller's). Nothing is checked. */
export function labelSelectorOfMap(labels: Labels | undefined): LabelSelector {
  return new LabelSelector(
    Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })),
  )
}

export interface LabelSelectorOptions {
  /** For objects that were stored with invalid values. */
  readonly allowInvalidValues?: boolean
  readonly allowUnknownOperator?: boolean
}

/** Source: apimachinery pkg/apis/meta/v1/validation, ValidateLabelSelector. */
export function validateLabelSelector(
  selector: LabelSelectorSpec | undefined | null,
  errors: FieldErrors,
  path: string,
  { allowInvalidValues = false, allowUnknownOperator = false }: LabelSelectorOptions = {},
): void {
  if (selector === undefined || selector === null) return
  const labels = child(path, 'matchLabels')
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    for (const wrong of isQualifiedName(key)) errors.invalid(labels, key, wrong)
    for (const wrong of isLabelValue(value)) errors.invalid(labels, value, wrong)
  }
  selector.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const at = index(child(path, 'matchExpressions'), i)
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        errors.required(child(at, 'values'), "must be specified when `operator` is 'In' or 'NotIn'")
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        errors.forbidden(child(at, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    } else if (!allowUnknownOperator) {
      errors.invalid(child(at, 'operator'), operator ?? '', 'not a valid selector operator')
    }
    for (const wrong of isQualifiedName(key ?? '')) errors.invalid(child(at, 'key'), key ?? '', wrong)
    if (allowInvalidValues) return
    values.forEach((value, j) => {
      for (const wrong of isLabelValue(value)) errors.invalid(index(child(at, 'values'), j), value, wrong)
    })
  })
}

const operators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
])

/** @throws Error that lists all that is wrong */
function checkedRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors = new FieldErrors()
  const badKey = isQualifiedName(key)
  if (badKey.length > 0) errors.invalid('key', key, badKey.join('; '))
  switch (operator) {
    case 'in':
    case 'notin':
      if (values.length === 0) {
        errors.invalid('values', values, "for 'in', 'notin' operators, values set can't be empty")
      }
      break
    case 'exists':
    case '!':
      if (values.length > 0) errors.invalid('values', values, 'values set must be empty for exists and does not exist')
      break
    case '>':
    case '<':
      values.forEach((value, i) => {
        if (integer(value) !== undefined) return
        errors.invalid(index('values', i), value, "for 'Gt', 'Lt' operators, the value must be an integer")
      })
      break
    default:
  }
  values.forEach((value, i) => {
    const wrong = isLabelValue(value)
    if (wrong.length > 0) errors.invalid(keyed(index('values', i), key), value, wrong.join('; '))
  })
  if (!errors.empty) throw new Error(errors.message)
  return { key, operator, values }
}

function holds({ key, operator, values }: LabelRequirement, labels: Labels | undefined): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    default: {
      if (value === undefined) return false
      const own = integer(value)
      const bound = integer(values[0] ?? '')
      return own !== undefined && bound !== undefined && (operator === '>' ? own > bound : own < bound)
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`
    default:
      return `${key}${operator}${values[0] ?? ''}`
  }
}

/** Go's ParseInt for int64. */
function integer(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,63}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
