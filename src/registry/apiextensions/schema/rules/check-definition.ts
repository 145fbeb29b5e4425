import { child, type FieldErrors, index, key } from '../../../../api/index.js'
import { maxCardinality } from '../../../../cel/index.js'
import { type JsonSchema, mapType, schemaHas, validations } from '../json-schema.js'
import { compileNode, type SchemaNode } from '../node.js'
import type { CheckOptions } from '../rule-engine.js'
import {
  type CompiledRule,
  compileRules,
  declare,
  type RuleEnvironments,
  type Steps,
  type StoredExpressions,
} from './compile-rules.js'
import { atOnce } from './in-slices.js'

/** What one expression may cost by its estimate, and all rules of a definition together. */
const ruleCostLimit = 10_000_000
const totalCostLimit = 100_000_000
const mostCost = 2 ** 64

/** Where in a schema the walk is. */
interface Place {
  readonly node: SchemaNode
  readonly path: string
  /** How often values of this schema can be in one object; undefined: nothing bounds it. */
  readonly cardinality: number | undefined
  /** The schema above whose values cannot be told from one another in the old object. */
  readonly uncorrelatable: string | undefined
  readonly isRoot: boolean
}

/**
 * Checks the rules of a definition's schema: what they say, what they may cost, and whether they use old values where there
 * are none. Source: apiextensions pkg/apis/apiextensions/validation (validation.go, cel_validation.go).
 */
export function checkDefinition(
  schema: JsonSchema,
  path: string,
  errors: FieldErrors,
  environments: RuleEnvironments,
  { old, sameAsBefore, wrong, compatibleMinor }: CheckOptions,
  prepared: WeakMap<JsonSchema, Prepared>,
): void {
  const stored = expressionsOf(old, compatibleMinor)
  const total = new TotalCost()
  visit({ node: compileNode(schema), path, cardinality: 1, uncorrelatable: undefined, isRoot: true })
  total.tell(path, errors)

  function visit(place: Place): void {
    const { node, path } = place
    const cardinality = multiply(place.cardinality, maxElements(node.schema))
    const below = (node: SchemaNode, at: string, forbids: boolean): void =>
      visit({
        node,
        path: at,
        cardinality,
        uncorrelatable: place.uncorrelatable ?? (forbids ? path : undefined),
        isRoot: false,
      })
    if (node.additional !== undefined) below(node.additional, child(path, 'additionalProperties'), false)
    const kind = node.schema[mapType]
    const opaque = kind !== undefined && kind !== 'granular' && kind !== 'atomic'
    for (const [name, property] of node.properties ?? []) below(property, key(child(path, 'properties'), name), opaque)
    if (node.items !== undefined) below(node.items, child(path, 'items'), node.listType !== 'map')
    if ((node.schema[validations]?.length ?? 0) > 0 && !wrong.has(node.schema)) checkRules(place)
  }

  function checkRules(place: Place): void {
    const { node, path } = place
    const at = child(path, validations)
    const declaration = declare(node, place.isRoot || node.embedded)
    if (declaration === undefined) {
      errors.internal(
        at,
        'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations',
      )
      return
    }
    const times = place.cardinality ?? maxCardinality(declaration.minSerializedSize)
    const known = prepared.get(node.schema)
    const rules =
      known?.key === keyOf(node, stored) ? known.rules : atOnce(compileRules(node, declaration, environments, stored))
    for (const [i, rule] of rules.entries()) checkRule(rule, times, index(at, i), place.uncorrelatable)
  }

  function checkRule(compiled: CompiledRule, times: number, path: string, uncorrelatable: string | undefined): void {
    const { rule, error, messageError, usesOldSelf } = compiled
    const ruleAt = child(path, 'rule')
    const messageAt = child(path, 'messageExpression')
    const cost = compiled.maxCost === 0 ? 0 : Math.min(compiled.maxCost * times, mostCost)
    if (!sameAsBefore && cost > ruleCostLimit)
      errors.forbidden(ruleAt, costMessage('estimated rule cost', cost, ruleCostLimit))
    total.add(ruleAt, cost)
    if (error !== undefined) errors.invalid(ruleAt, rule, error)
    if (messageError !== undefined) errors.invalid(messageAt, rule, messageError)
    else if (compiled.message !== undefined) {
      if (!sameAsBefore && compiled.messageMaxCost > ruleCostLimit)
        errors.forbidden(
          messageAt,
          costMessage('estimated messageExpression cost', compiled.messageMaxCost, ruleCostLimit),
        )
      total.add(messageAt, compiled.messageMaxCost)
    }
    if (usesOldSelf) {
      if (uncorrelatable !== undefined)
        errors.invalid(
          ruleAt,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`,
        )
    } else if (rule.optionalOldSelf !== undefined && rule.optionalOldSelf !== null)
      errors.invalid(
        child(path, 'optionalOldSelf'),
        rule.optionalOldSelf,
        'may not be set if oldSelf is not used in rule',
      )
  }
}

/** Rules that were compiled ahead of the check, and which of their expressions were taken for stored. */
export interface Prepared {
  readonly key: string
  readonly rules: readonly CompiledRule[]
}

/** Compiles all rules of a definition's schema, bit by bit. */
export function* compileDefinition(
  root: SchemaNode,
  environments: RuleEnvironments,
  old: readonly JsonSchema[],
  prepared: WeakMap<JsonSchema, Prepared>,
  compatibleMinor?: number,
): Steps<void> {
  const stored = expressionsOf(old, compatibleMinor)
  yield* visit(root, true)

  function* visit(node: SchemaNode, isResource: boolean): Steps<void> {
    const below = [...(node.properties?.values() ?? []), node.items, node.additional]
    for (const inner of below) if (inner !== undefined) yield* visit(inner, inner.embedded)
    if ((node.schema[validations]?.length ?? 0) === 0) return
    const declaration = declare(node, isResource)
    if (declaration === undefined) return
    const rules = yield* compileRules(node, declaration, environments, stored)
    prepared.set(node.schema, { key: keyOf(node, stored), rules })
  }
}

const keyOf = (node: SchemaNode, stored: StoredExpressions): string =>
  `${stored.version} ` +
  (node.schema[validations] ?? [])
    .map(({ rule = '', messageExpression = '' }) => `${stored.rule(rule)} ${stored.message(messageExpression)}`)
    .join()

function expressionsOf(old: readonly JsonSchema[], version: number | undefined): StoredExpressions {
  const rules = new Set<string>()
  const messages = new Set<string>()
  for (const schema of old)
    schemaHas(schema, (inner) => {
      for (const { rule = '', messageExpression = '' } of inner[validations] ?? []) {
        rules.add(rule)
        if (messageExpression !== '') messages.add(messageExpression)
      }
      return false
    })
  return { rule: (text) => rules.has(text), message: (text) => messages.has(text), version }
}

/** By how much a schema multiplies what is below it; undefined: there is no bound. */
function maxElements({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  const bound =
    type === 'array'
      ? maxItems
      : type === 'object' && additionalProperties !== undefined && additionalProperties !== null
        ? maxProperties
        : 1
  return bound === undefined || bound === null ? undefined : Math.max(bound, 0)
}

const multiply = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a * b, mostCost)

/** Adds up, and remembers who has most to do with it. */
class TotalCost {
  #total = 0
  #most: { path: string; cost: number }[] = []

  add(path: string, cost: number): void {
    this.#total = Math.min(this.#total + cost, mostCost)
    if (cost < totalCostLimit / 100) return
    this.#most = [...this.#most, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, 4)
  }

  tell(path: string, errors: FieldErrors): void {
    if (this.#total <= totalCostLimit) return
    for (const expensive of this.#most)
      errors.forbidden(
        expensive.path,
        'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      )
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    errors.forbidden(path, costMessage(name, this.#total, totalCostLimit))
  }
}

function costMessage(name: string, cost: number, limit: number): string {
  const factor = cost / limit
  const told = factor > 100 ? 'more than 100' : factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)
  return `${name} exceeds budget by factor of ${told}x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
