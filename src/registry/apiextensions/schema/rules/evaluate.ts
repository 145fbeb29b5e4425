import { child, type FieldErrors, goValue, index, isObject, JsonNumber, key } from '../../../../api/index.js'
import {
  type Activation,
  CelError,
  Optional,
  type Program,
  type SchemaType,
  stringOfDouble,
  type Value,
} from '../../../../cel/index.js'
import { mapType, type ValidationRule, validations } from '../json-schema.js'
import { Link } from '../link.js'
import { MapList } from '../map-list.js'
import type { SchemaNode } from '../node.js'
import type { CompiledRules, Judgement } from '../rule-engine.js'
import { type CompiledRule, declare, type Steps } from './compile-rules.js'
import { atOnce, inSlices } from './in-slices.js'

/** What one evaluation may cost, and all rules of an object together. */
const callLimit = 1_000_000
const objectBudget = 10_000_000
const maxMessage = 5 * 1024

/** What of a schema has rules, here or below. */
interface Validator {
  readonly node: SchemaNode
  /** As rules see it. */
  readonly type: SchemaType | undefined
  /** Compiled when the first value is there. */
  readonly rules: () => Steps<readonly CompiledRule[]>
  readonly properties: ReadonlyMap<string, Validator>
  readonly items: Validator | undefined
  readonly additional: Validator | undefined
}

/** The rules of a schema and all that is within. @returns undefined if there are none */
export function compileValidator(
  root: SchemaNode,
  isResource: boolean,
  rulesOf: (node: SchemaNode, isRoot: boolean) => Steps<readonly CompiledRule[]>,
): CompiledRules | undefined {
  const validator = make(root, isResource)
  if (validator === undefined) return undefined
  return {
    judge: (judgement) => inSlices(stepsOf(judgement)),
    judgeAtOnce: (judgement) => atOnce(stepsOf(judgement)),
  }

  function stepsOf({ value, old, path, errors, correlated, warn }: Judgement): Steps<void> {
    const current = correlated ? new Link(value, old, root) : undefined
    return new Run(errors, warn).visit(validator!, value, old, path, { current, nearest: undefined })
  }

  function make(node: SchemaNode, isRoot: boolean): Validator | undefined {
    const properties = new Map<string, Validator>()
    for (const [name, property] of node.properties ?? []) {
      const made = make(property, property.embedded)
      // Values that expressions cannot see have no rules either.
      if (made !== undefined && declare(property, property.embedded) !== undefined) properties.set(name, made)
    }
    const items = node.items && make(node.items, node.items.embedded)
    const additional = node.additional && make(node.additional, node.additional.embedded)
    const count = node.schema[validations]?.length ?? 0
    if (count === 0 && properties.size === 0 && items === undefined && additional === undefined) return undefined
    let rules: readonly CompiledRule[] | undefined
    return {
      node,
      type: count === 0 ? undefined : declare(node, isRoot),
      *rules() {
        rules ??= count === 0 ? [] : yield* rulesOf(node, isRoot)
        return rules
      },
      properties,
      items,
      additional,
    }
  }
}

/** A value and the old one, if they can be matched; otherwise the last ones above that could. */
interface Correlation {
  readonly current: Link | undefined
  readonly nearest: Link | undefined
}

/** The rules of one object. Source: apiextensions pkg/apiserver/schema/cel/validation.go. */
class Run {
  /** Below 0: it is used up, and nothing more is evaluated. */
  #budget = objectBudget
  readonly #errors: FieldErrors
  readonly #warn: ((text: string) => void) | undefined

  constructor(errors: FieldErrors, warn: ((text: string) => void) | undefined) {
    this.#errors = errors
    this.#warn = warn
  }

  /** Yields where others may have a turn. */
  *visit(validator: Validator, value: unknown, old: unknown, path: string, correlation: Correlation): Steps<void> {
    if (value === undefined || value === null) return
    yield* this.#evaluate(validator, value, old ?? undefined, path, correlation)
    if (this.#budget < 0) return
    if (Array.isArray(value)) yield* this.#visitItems(validator, value, old, path, correlation)
    else if (isObject(value)) yield* this.#visitMembers(validator, value, old, path, correlation)
  }

  *#visitMembers(
    { node, properties, additional }: Validator,
    value: Record<string, unknown>,
    old: unknown,
    path: string,
    correlation: Correlation,
  ): Steps<void> {
    if (properties.size === 0 && additional === undefined) return
    const kind = node.schema[mapType]
    const correlatable = kind === undefined || kind === null || kind === 'granular' || kind === 'atomic'
    for (const [name, member] of Object.entries(value)) {
      const validator = properties.get(name) ?? additional
      if (validator === undefined) continue
      const before = correlatable && isObject(old) && Object.hasOwn(old, name) ? old[name] : undefined
      const at = properties.has(name) ? child(path, name) : key(path, name)
      yield* this.visit(validator, member, before, at, memberOf(correlation, name))
      if (this.#budget < 0) return
    }
  }

  *#visitItems(
    { node, items }: Validator,
    value: readonly unknown[],
    old: unknown,
    path: string,
    correlation: Correlation,
  ): Steps<void> {
    if (items === undefined) return
    const before = node.listType === 'map' && Array.isArray(old) ? new MapList(old, node.listMapKeys) : undefined
    for (const [i, item] of value.entries()) {
      const oldItem = before?.get(item)
      yield* this.visit(items, item, oldItem, index(path, i), itemOf(correlation, i))
      if (this.#budget < 0) return
    }
  }

  *#evaluate(validator: Validator, value: unknown, old: unknown, path: string, correlation: Correlation): Steps<void> {
    const rules = yield* validator.rules()
    const declared = validator.type
    if (rules.length === 0 || declared === undefined) return
    const type = validator.node.schema.type ?? ''
    const at = path === '' ? '<nil>' : path
    const fail = (detail: string): void => this.#errors.invalid(at, type, detail)
    if (this.#budget <= 0) {
      fail('validation failed due to running out of cost budget, no further validation rules will be run')
      this.#budget = -1
      return
    }
    const activation = new RuleActivation(declared, value, old, false)
    const optional = new RuleActivation(declared, value, old, true)
    for (const compiled of rules) {
      const { rule, program } = compiled
      if (compiled.error !== undefined) {
        fail(`rule compile error: ${compiled.error}`)
        continue
      }
      const isOptional = rule.optionalOldSelf === true
      // A rule about a change has nothing to say where there was nothing.
      if (program === undefined || (compiled.usesOldSelf && old === undefined && !isOptional)) continue
      const result = evaluate(program, isOptional ? optional : activation)
      if (result.cost > this.#budget) {
        fail('validation failed due to running out of cost budget, no further validation rules will be run')
        this.#budget = -1
        return
      }
      this.#budget -= result.cost
      if (result.error !== undefined) {
        const { message, reason } = result.error
        if (reason === 'budget') {
          fail(
            `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`,
          )
          this.#budget = -1
          return
        }
        if (message.startsWith('no such overload'))
          fail(
            `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`,
          )
        else fail(`${message} evaluating rule: ${ruleText(rule)}`)
        continue
      }
      if (result.value !== true) this.#broken(compiled, validator.node, value, path, activation, correlation)
      if (this.#budget < 0) return
      yield
    }
  }

  #broken(
    compiled: CompiledRule,
    { schema: { type = '' } }: SchemaNode,
    value: unknown,
    path: string,
    activation: Activation,
    correlation: Correlation,
  ): void {
    const { rule, fieldPath } = compiled
    const own = fieldPath === '' ? path : child(path, fieldPath)
    const at = own === '' ? '<nil>' : own
    const add = (error: FieldErrors['list'][number]): void => {
      // What was wrong before stays allowed as long as it is not touched.
      const unchanged = !compiled.usesOldSelf && (correlation.current ?? correlation.nearest)?.unchanged === true
      if (unchanged) this.#warn?.(`${error.field}: ${error.message}`)
      else this.#errors.list.push(error)
    }
    let detail = defaultMessage(rule)
    if (compiled.message !== undefined) {
      const result = this.#message(compiled.message, rule.messageExpression ?? '', activation)
      if ('fatal' in result) {
        add({ type: 'FieldValueInvalid', field: at, message: `Invalid value: ${goValue(type)}: ${result.fatal}` })
        this.#budget = -1
        return
      }
      detail = result.text ?? detail
    }
    const printed = type === 'object' || type === 'array' ? '' : `: ${printValue(value)}`
    switch (rule.reason) {
      case 'FieldValueForbidden':
        add({ type: 'FieldValueForbidden', field: at, message: `Forbidden: ${detail}` })
        break
      case 'FieldValueRequired':
        add({ type: 'FieldValueRequired', field: at, message: `Required value: ${detail}` })
        break
      case 'FieldValueDuplicate':
        add({ type: 'FieldValueDuplicate', field: at, message: `Duplicate value${printed}` })
        break
      default:
        add({ type: 'FieldValueInvalid', field: at, message: `Invalid value${printed}: ${detail}` })
    }
  }

  /** What a rule has to say for itself; nothing if it does not come out as one line of text. */
  #message(program: Program, source: string, activation: Activation): { fatal: string } | { text: string | undefined } {
    const result = evaluate(program, activation)
    if (result.cost > this.#budget)
      return {
        fatal:
          'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      }
    if (result.error?.reason === 'budget')
      return {
        fatal: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${goValue(source)}`,
      }
    this.#budget -= result.cost
    if (typeof result.value !== 'string') return { text: undefined }
    const text = result.value.trim()
    const usable = text !== '' && Buffer.byteLength(text) <= maxMessage && !text.includes('\n')
    return { text: usable ? text : undefined }
  }
}

/** A value that does not fit its schema is an error of every expression that reads it. */
function evaluate(program: Program, activation: Activation): ReturnType<Program['evaluate']> {
  try {
    return program.evaluate(activation, { budget: callLimit })
  } catch (error) {
    if (error instanceof CelError) return { error: { message: error.message, reason: 'failed' }, cost: 0 }
    throw error
  }
}

/** The variables of a rule, made when one asks for them and kept for the next one. */
class RuleActivation {
  readonly #type: SchemaType
  readonly #value: unknown
  readonly #old: unknown
  readonly #optional: boolean
  #self: Value | undefined
  #oldSelf: Value | undefined

  constructor(type: SchemaType, value: unknown, old: unknown, optional: boolean) {
    this.#type = type
    this.#value = value
    this.#old = old
    this.#optional = optional
  }

  get self(): Value {
    if (this.#self === undefined) this.#self = this.#type.read(this.#value)
    return this.#self
  }

  get oldSelf(): Value | undefined {
    if (this.#old === undefined) return this.#optional ? Optional.none : undefined
    if (this.#oldSelf === undefined) {
      const value = this.#type.read(this.#old)
      this.#oldSelf = this.#optional ? new Optional(value) : value
    }
    return this.#oldSelf
  }

  readonly [variable: string]: Value | undefined
}

function memberOf({ current, nearest }: Correlation, name: string): Correlation {
  if (current === undefined) return { current, nearest }
  // Type and version of the old object are those of the new one, whatever they were.
  if (nearest === undefined && (name === 'apiVersion' || name === 'kind'))
    return { current: undefined, nearest: undefined }
  return { current: current.key(name), nearest: current }
}

const itemOf = ({ current, nearest }: Correlation, i: number): Correlation =>
  current === undefined ? { current, nearest } : { current: current.index(i), nearest: current }

const ruleText = ({ rule, message = '' }: ValidationRule): string => (message === '' ? rule : message).trim()

const defaultMessage = (rule: ValidationRule): string =>
  rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`

const printValue = (value: unknown): string => {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return stringOfDouble(value)
  return value instanceof JsonNumber ? stringOfDouble(value.value) : goValue(value)
}
