import type { CallExpr, ComprehensionExpr, Expr, IdentExpr, ListExpr, MapExpr, SelectExpr, StructExpr } from './ast.js'
import type { Checked } from './check/checker.js'
import type { SizeEstimator } from './compiled.js'
import type { CallEstimate, CallNode, CostNode, Library, Overload, Range } from './library.js'
import { accumulator } from './parse/names.js'
import { addRanges, fixed, multiplyRanges, uniteRanges, unknownRange, unlimited } from './ranges.js'
import { codePoints } from './sizes.js'
import { sameType, type Type, types } from './types.js'
import type { Value } from './values.js'

export type EqualityRules = NonNullable<Library['equality']>

/**
 * What evaluating an expression may cost, from its types and what is known of the sizes of values.
 *
 * @see cel-go checker/cost.go
 */
export function estimateCost(checked: Checked, sizes: SizeEstimator, equality: EqualityRules): Range {
  return new Estimator(checked, sizes, equality).cost(checked.expr)
}

/** Sizes of keys and values of a list or map that an expression makes. */
interface EntrySize {
  readonly container: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

interface Local {
  readonly path: readonly string[] | undefined
  readonly size: Range | undefined
  readonly entry: EntrySize | undefined
}

const zero = fixed(0)
const one = fixed(1)

class Estimator {
  readonly #paths = new Map<number, readonly string[]>()
  readonly #sizes = new Map<number, Range>()
  readonly #entries = new Map<number, EntrySize>()
  readonly #locals = new Map<string, Local[]>()

  constructor(
    readonly checked: Checked,
    readonly estimateSize: SizeEstimator,
    readonly equality: EqualityRules,
  ) {}

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'ident':
        return this.#ident(expr)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return this.#struct(expr)
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#comprehension(expr)
      default:
        return zero
    }
  }

  #ident({ id, name }: IdentExpr): Range {
    const local = this.#local(name)
    this.#setPath(id, local === undefined ? [name] : local.path)
    return one
  }

  #select({ id, operand, field, test }: SelectExpr): Range {
    const cost = this.cost(operand)
    if (test) return cost
    const { kind } = this.#typeOf(operand)
    this.#setPath(id, [...(this.#pathOf(operand) ?? []), field])
    return kind === 'map' || kind === 'struct' ? addRanges(cost, one) : cost
  }

  #call(expr: CallExpr): Range {
    const { id, name, target, args } = expr
    if (name === 'dyn' && args.length === 1) {
      const cost = this.cost(args[0]!)
      this.#copySizes(id, args[0]!)
      return addRanges(one, cost)
    }
    const argCosts = args.map((arg) => this.cost(arg))
    const nodes = args.map((arg) => this.#node(arg))
    const overloads = this.checked.calls.get(id)?.overloads ?? []
    if (overloads.length === 0) return zero
    const targetCost = target === undefined ? zero : this.cost(target)
    const targetNode = target && this.#node(target)
    let cost: Range = { min: unlimited, max: 0 }
    let resultSize: Range | undefined
    for (const overload of overloads) {
      const estimate = this.#overload(expr, overload, targetNode, nodes, argCosts)
      cost = uniteRanges(cost, estimate.cost)
      if (estimate.resultSize !== undefined)
        resultSize = resultSize === undefined ? estimate.resultSize : uniteRanges(resultSize, estimate.resultSize)
      if (overload.id === 'index_list' || overload.id === 'index_map') {
        resultSize = this.#entryOf(args[0]!)?.value
        const step = overload.id === 'index_list' ? '@items' : '@values'
        this.#setPath(id, [...(this.#pathOf(args[0]!) ?? []), step])
      }
      resultSize ??= this.#sizeOf(expr)
    }
    if (resultSize !== undefined) this.#sizes.set(id, resultSize)
    return addRanges(targetCost, cost)
  }

  #overload(
    expr: CallExpr,
    overload: Overload,
    target: CostNode | undefined,
    args: readonly CostNode[],
    argCosts: readonly Range[],
  ): CallEstimate {
    switch (overload.id) {
      case 'logical_and':
      case 'logical_or':
        return { cost: { min: argCosts[0]!.min, max: addRanges(argCosts[0]!, argCosts[1]!).max } }
      case 'conditional':
        return this.#condition(expr, args, argCosts)
      case 'add_list':
      case 'add_string':
      case 'add_bytes':
        this.#setEntry(expr.id, uniteEntries(this.#entryOf(expr.args[0]!), this.#entryOf(expr.args[1]!)))
        break
    }
    const call: CallNode = {
      target,
      args,
      sizeOf: (node) => node.size ?? this.estimateSize(node) ?? unknownRange,
      itemOf,
    }
    const sum = argCosts.reduce(addRanges, zero)
    const estimate = this.#equality(expr, call) ?? overload.estimate?.(call) ?? { cost: one }
    return { ...estimate, cost: addRanges(estimate.cost, sum) }
  }

  /** Values of some types are compared at a cost of their own. */
  #equality({ name }: CallExpr, call: CallNode): CallEstimate | undefined {
    if (name !== '_==_' || !sameType(call.args[0]!.type, call.args[1]!.type)) return undefined
    const { type } = call.args[0]!
    const rule = this.equality.find((candidate) => sameType(candidate.type, type))
    if (rule !== undefined) return { cost: rule.estimate(call) }
    return isLibraryType(type) ? { cost: one } : undefined
  }

  #condition(
    { id, args }: CallExpr,
    nodes: readonly CostNode[],
    [test, ifTrue, ifFalse]: readonly Range[],
  ): CallEstimate {
    this.#setEntry(id, uniteEntries(this.#entryOf(args[1]!), this.#entryOf(args[2]!)))
    return {
      cost: addRanges(test!, uniteRanges(ifTrue!, ifFalse!)),
      resultSize: uniteRanges(nodes[1]!.size ?? unknownRange, nodes[2]!.size ?? unknownRange),
    }
  }

  #list({ id, elements }: ListExpr): Range {
    let cost = fixed(10)
    let value: Range = { min: elements.length === 0 ? 0 : unlimited, max: 0 }
    for (const element of elements) {
      cost = addRanges(cost, this.cost(element))
      value = uniteRanges(value, this.#sizeOf(element) ?? unknownRange)
    }
    this.#setEntry(id, { container: 'list', key: one, value })
    return cost
  }

  #map({ id, entries }: MapExpr): Range {
    let cost = fixed(30)
    let key: Range = { min: entries.length === 0 ? 0 : unlimited, max: 0 }
    let value = key
    for (const entry of entries) {
      cost = addRanges(cost, addRanges(this.cost(entry.key), this.cost(entry.value)))
      key = uniteRanges(key, this.#sizeOf(entry.key) ?? unknownRange)
      value = uniteRanges(value, this.#sizeOf(entry.value) ?? unknownRange)
    }
    this.#setEntry(id, { container: 'map', key, value })
    return cost
  }

  #struct({ fields }: StructExpr): Range {
    return fields.reduce((cost, field) => addRanges(cost, this.cost(field.value)), fixed(40))
  }

  #comprehension(expr: ComprehensionExpr): Range {
    const { range, accuInit, accuVar, iterVar, iterVar2 } = expr
    let cost = addRanges(this.cost(range), this.cost(accuInit))
    this.#push(accuVar, this.#localOf(accuInit))
    const [first, second] = this.#variables(range, iterVar2 !== undefined)
    this.#push(iterVar, first!)
    if (iterVar2 !== undefined) this.#push(iterVar2, second!)
    const loop = this.cost(expr.condition)
    const step = this.cost(expr.step)
    this.#pop(iterVar)
    if (iterVar2 !== undefined) this.#pop(iterVar2)
    cost = addRanges(cost, this.cost(expr.result))
    this.#pop(accuVar)
    const count = this.#sizeOf(range) ?? unknownRange
    if (accuInit.kind === 'literal') {
      const size = this.#sizeOf(accuInit)
      if (size !== undefined) this.#sizes.set(expr.id, size)
    } else if (accuInit.kind === 'list' || accuInit.kind === 'map') {
      this.#sizes.set(expr.id, count)
      this.#setEntry(expr.id, this.#entryOf(expr.step))
    }
    return addRanges(cost, multiplyRanges(count, addRanges(step, loop)))
  }

  /** What is known of the variables of a fold over a list or map. */
  #variables(range: Expr, two: boolean): readonly Local[] {
    const entry = this.#entryOf(range)
    const path = this.#pathOf(range)
    const isList = (entry?.container ?? this.#typeOf(range).kind) === 'list'
    const local = (step: string, size: Range | undefined): Local => ({
      path: [...(path ?? []), step],
      size,
      entry: undefined,
    })
    const items = local(isList ? '@items' : '@values', entry?.value)
    if (two) return [local(isList ? '@indices' : '@keys', entry?.key), items]
    return [isList ? items : local('@keys', entry?.key)]
  }

  #binding({ id, range, accuInit, accuVar, result }: ComprehensionExpr): Range {
    const cost = addRanges(this.cost(range), this.cost(accuInit))
    this.#push(accuVar, this.#localOf(accuInit))
    const resultCost = this.cost(result)
    this.#pop(accuVar)
    this.#copySizes(id, result)
    return addRanges(cost, resultCost)
  }

  #localOf(expr: Expr): Local {
    return { path: this.#pathOf(expr), size: this.#sizeOf(expr), entry: this.#entryOf(expr) }
  }

  #node(expr: Expr): CostNode {
    const path = this.#pathOf(expr)
    return {
      type: this.#typeOf(expr),
      expr,
      path: path?.[0] === accumulator ? undefined : path,
      size: this.#sizeOf(expr),
    }
  }

  #sizeOf(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id)
    if (known !== undefined) return known
    const own = sizeOfLiteral(expr)
    if (own !== undefined) return own
    const type = this.#typeOf(expr)
    const estimated = this.estimateSize({ type, expr, path: this.#pathOf(expr), size: undefined })
    if (estimated !== undefined) {
      this.#sizes.set(expr.id, estimated)
      return estimated
    }
    if (isScalar(type)) return one
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }

  #entryOf(expr: Expr): EntrySize | undefined {
    const known = this.#entries.get(expr.id)
    if (known !== undefined) return known
    return expr.kind === 'ident' ? this.#local(expr.name)?.entry : undefined
  }

  #copySizes(id: number, from: Expr): void {
    const size = this.#sizeOf(from)
    if (size !== undefined) this.#sizes.set(id, size)
    this.#setEntry(id, this.#entryOf(from))
  }

  #setEntry(id: number, entry: EntrySize | undefined): void {
    if (entry !== undefined) this.#entries.set(id, entry)
  }

  #setPath(id: number, path: readonly string[] | undefined): void {
    if (path !== undefined) this.#paths.set(id, path)
  }

  #pathOf(expr: Expr): readonly string[] | undefined {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined
    return local === undefined ? this.#paths.get(expr.id) : local.path
  }

  #typeOf(expr: Expr): Type {
    return this.checked.types[expr.id] ?? types.dyn
  }

  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name)
    if (stack === undefined) this.#locals.set(name, [local])
    else stack.push(local)
  }

  #pop(name: string): void {
    this.#locals.get(name)!.pop()
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1)
  }
}

function uniteEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (a === undefined || b === undefined) return undefined
  return { container: a.container, key: uniteRanges(a.key, b.key), value: uniteRanges(a.value, b.value) }
}

function itemOf({ type, path }: CostNode): CostNode | undefined {
  const [item] = type.params
  return item && { type: item, expr: undefined, path: path && [...path, '@items'], size: undefined }
}

function sizeOfLiteral(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case 'literal':
      return fixed(sizeOfConstant(expr.value))
    case 'list':
      return fixed(expr.elements.length)
    case 'map':
      return fixed(expr.entries.length)
    default:
      return undefined
  }
}

function sizeOfConstant(value: Value): number {
  if (typeof value === 'string') return codePoints(value)
  return value instanceof Uint8Array ? value.length : 1
}

/** Types of the libraries: their values are one thing each. */
const isLibraryType = ({ kind, name, params }: Type): boolean =>
  (kind === 'opaque' && params.length === 0) || (kind === 'struct' && name.startsWith('kubernetes.'))

function isScalar(type: Type): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true
    default:
      return type.name === 'optional_type' && type.params[0] !== undefined && isScalar(type.params[0])
  }
}

function isBinding({ range, condition, accuVar }: ComprehensionExpr): boolean {
  return (
    accuVar !== '__result__' &&
    range.kind === 'list' &&
    range.elements.length === 0 &&
    condition.kind === 'literal' &&
    condition.value === false
  )
}
