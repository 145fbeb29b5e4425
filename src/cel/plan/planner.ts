import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr, StructExpr } from '../ast.js'
import type { Checked } from '../check/checker.js'
import type { Overload } from '../library.js'
import { MapValue, printed } from '../ops.js'
import type { FieldDecl } from '../type-provider.js'
import { CelError, Optional, type Value } from '../values.js'
import { access, accessIfPresent, noSuchKey } from './access.js'
import { planCall } from './call.js'
import { planFold } from './fold.js'
import { type Eval, Frame } from './frame.js'
import { and, or, orOptional, orValue } from './logic.js'

/** What creating costs; what it is made of costs besides. */
const listCost = 10
const mapCost = 30
const structCost = 40

/** How an expression is computed. */
export interface Plan {
  readonly eval: Eval
  /** Known without running it, which then costs nothing. */
  readonly constant?: Value
  /**
   * A variable and what is selected from it count as one thing, which costs 1 besides 1 for each selection. The operand
   * of a further selection, and the branches of a condition, do not bear that cost.
   */
  readonly free?: Eval
  /** Of a variable: where it is, for those that read it themselves. */
  readonly slot?: number
}

/** Functions that are computed at once if their argument is a constant. */
const conversions: ReadonlySet<string> = new Set([
  ...['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint'],
])

/**
 * Turns a checked expression into closures, once.
 *
 * @see cel-go interpreter/planner.go, and runtimecost.go for what is counted
 */
export class Planner {
  readonly #slots = new Map<string, number>()
  /** Innermost last. */
  readonly #locals: { readonly name: string; readonly slot: number }[] = []
  #size = 0

  constructor(readonly checked: Checked) {
    for (const name of checked.variables) this.#slots.set(name, this.#size++)
  }

  /** Variables in the order of their slots. */
  get variables(): readonly string[] {
    return [...this.#slots.keys()]
  }

  get slots(): number {
    return this.#size
  }

  /** @throws CelError for a constant that cannot be computed */
  plan(expr: Expr): Plan {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value)
      case 'ident':
        return this.#ident(expr.id, expr.name)
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
        return this.#fold(expr)
      default:
        throw new CelError('unsupported expr')
    }
  }

  /** A variable that is seen while something is planned. @returns its slot and what has been planned */
  withLocals<R>(names: readonly string[], plan: () => R): { readonly slots: readonly number[]; readonly planned: R } {
    const slots = names.map((name) => {
      const slot = this.#size++
      this.#locals.push({ name, slot })
      return slot
    })
    const planned = plan()
    this.#locals.length -= names.length
    return { slots, planned }
  }

  #ident(id: number, name: string): Plan {
    const value = this.checked.constants.get(id)
    if (value !== undefined) return constant(value)
    const slot = this.#locals.findLast((local) => local.name === name)?.slot ?? this.#slots.get(name)!
    const read = (cost: number): Eval => {
      return (frame) => {
        frame.cost += cost
        const found = frame.slots[slot]
        if (found === undefined) throw new CelError(`no such attribute(s): ${name}`)
        return found
      }
    }
    return { eval: read(1), free: read(0), slot }
  }

  #select(expr: SelectExpr): Plan {
    const value = this.checked.constants.get(expr.id)
    if (value !== undefined) return constant(value)
    const planned = this.plan(expr.operand)
    const operand = freely(planned)
    if (expr.test) return this.#presence(expr, operand)
    const declared = this.checked.fields.get(expr.id)
    if (planned.slot !== undefined && declared !== undefined && !this.#isOptional(expr.operand)) {
      const read = (cost: number) => fieldOfVariable(planned.slot!, operand, declared, expr.field, cost)
      return { eval: read(2), free: read(1) }
    }
    return attribute(this.#selection(expr, operand), conditional(expr))
  }

  #selection({ id, field, operand }: SelectExpr, object: Eval): Eval {
    const declared = this.checked.fields.get(id)
    if (this.#isOptional(operand)) return optionalSelection(declared, field, object)
    if (declared === undefined) {
      return (frame) => {
        const value = object(frame)
        frame.cost++
        const found = access(value, field)
        if (found === Optional.none && value instanceof Optional) frame.cost--
        return found
      }
    }
    const { default: fallback } = declared
    return (frame) => {
      const value = object(frame)
      frame.cost++
      const found = declared.read(value) ?? fallback
      if (found === undefined) throw noSuchKey(field)
      return found
    }
  }

  /** has(operand.field): costs as much as the operand. */
  #presence({ id, field }: SelectExpr, object: Eval): Plan {
    const declared = this.checked.fields.get(id)
    if (declared === undefined) {
      return {
        eval: (frame) => {
          const value = object(frame)
          frame.cost++
          return accessIfPresent(value, field) !== undefined
        },
      }
    }
    return {
      eval: (frame) => {
        const base = object(frame)
        frame.cost++
        const value = base instanceof Optional ? base.value : base
        if (value === undefined) return false
        return declared.has === undefined ? declared.read(value) !== undefined : declared.has(value)
      },
    }
  }

  #isOptional(expr: Expr): boolean {
    return this.checked.types[expr.id]?.name === 'optional_type'
  }

  #call(expr: CallExpr): Plan {
    switch (expr.name) {
      case '_&&_':
        return { eval: and(this.plan(expr.args[0]!).eval, this.plan(expr.args[1]!).eval) }
      case '_||_':
        return { eval: or(this.plan(expr.args[0]!).eval, this.plan(expr.args[1]!).eval) }
      case '_?_:_':
        return this.#condition(expr)
      case '_[_]':
        return this.#index(expr)
      case '_[?_]':
      case '_?._':
        return this.#optionalIndex(expr)
      default:
        return this.#function(expr)
    }
  }

  #condition({ args }: CallExpr): Plan {
    const test = this.plan(args[0]!).eval
    const ifTrue = freely(this.plan(args[1]!))
    const ifFalse = freely(this.plan(args[2]!))
    const choose: Eval = (frame) => {
      const chosen = test(frame)
      if (chosen === true) return ifTrue(frame)
      if (chosen === false) return ifFalse(frame)
      throw new CelError('no such overload')
    }
    return { eval: choose, free: choose }
  }

  #index(expr: CallExpr): Plan {
    const [first, second] = expr.args as [Expr, Expr]
    const operand = freely(this.plan(first))
    const key = this.#key(second)
    return attribute((frame) => {
      const value = operand(frame)
      const index = key(frame)
      frame.cost++
      // The common case, without a call.
      if (typeof index === 'number' && Array.isArray(value) && index >= 0 && index < value.length) {
        const item = value[index] as Value | undefined
        if (item !== undefined) return item
      }
      const found = access(value, index)
      if (found === Optional.none && value instanceof Optional) frame.cost--
      return found
    }, conditional(expr))
  }

  /** `a.?b` and `a[?b]`: costs its selection only if there is something. */
  #optionalIndex(expr: CallExpr): Plan {
    const [first, second] = expr.args as [Expr, Expr]
    const operand = freely(this.plan(first))
    const key = this.#key(second)
    const declared = this.checked.fields.get(expr.id)
    return attribute((frame) => {
      const base = operand(frame)
      const value = base instanceof Optional ? base.value : base
      if (value === undefined) return base
      const found = declared === undefined ? accessIfPresent(value, key(frame)) : declared.read(value)
      if (found === undefined) return Optional.none
      frame.cost++
      return new Optional(found)
    }, conditional(expr))
  }

  /** A key that is a variable does not bear its cost; one that is computed does. */
  #key(expr: Expr): Eval {
    const plan = this.plan(expr)
    return plan.constant !== undefined ? plan.eval : freely(plan)
  }

  #function(expr: CallExpr): Plan {
    const { target, args } = expr
    const planned = (target === undefined ? args : [target, ...args]).map((arg) => this.plan(arg))
    const { overloads, declared } = this.checked.calls.get(expr.id)!
    if (overloads.length === 1) {
      const [only] = overloads
      if (only!.id === 'optional_or_optional') return { eval: orOptional(planned[0]!.eval, planned[1]!.eval) }
      if (only!.id === 'optional_orValue_value') return { eval: orValue(planned[0]!.eval, planned[1]!.eval) }
    }
    const plan = planCall(
      expr,
      declared,
      overloads,
      planned.map((arg) => arg.eval),
      this.checked,
    )
    const constants = planned.map((arg) => arg.constant)
    for (const overload of overloads) overload.check?.(constants)
    if (conversions.has(expr.name) && planned.length === 1 && constants[0] !== undefined) return computed(plan)
    if (overloads.length === 1 && overloads[0]!.id === 'in_list')
      return inConstantList(planned, overloads[0]!) ?? { eval: plan }
    return { eval: plan }
  }

  #list(expr: ListExpr): Plan {
    const planned = expr.elements.map((element) => this.plan(element))
    const elements = planned.map((element) => element.eval)
    if (expr.optionals.length > 0) return { eval: listWithOptionals(elements, new Set(expr.optionals)) }
    const make: Eval = (frame) => {
      const items: Value[] = []
      for (const element of elements) items.push(element(frame))
      frame.cost += listCost
      return items
    }
    return planned.every((element) => element.constant !== undefined) ? computed(make) : { eval: make }
  }

  #map(expr: MapExpr): Plan {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }))
    const make: Eval = (frame) => {
      const map = new MapValue()
      for (const { key, value, optional } of entries) {
        const name = key.eval(frame)
        const held = value.eval(frame)
        if (!optional) map.set(name, held)
        else if (!(held instanceof Optional)) throw notOptional(printed(name), held)
        else if (held.value !== undefined) map.set(name, held.value)
      }
      frame.cost += mapCost
      return map
    }
    const fixed = entries.every(({ key, value }) => key.constant !== undefined && value.constant !== undefined)
    return fixed ? computed(make) : { eval: make }
  }

  #struct(expr: StructExpr): Plan {
    const construct = this.checked.objects.get(expr.id)?.construct
    if (construct === undefined) throw new CelError(`unknown type: ${expr.typeName}`)
    const fields = expr.fields.map(({ name, value, optional }) => ({ name, value: this.plan(value).eval, optional }))
    return {
      eval: (frame) => {
        const values = new Map<string, Value>()
        for (const { name, value, optional } of fields) {
          const held = value(frame)
          if (!optional) values.set(name, held)
          else if (!(held instanceof Optional)) throw notOptional(name, held)
          else if (held.value !== undefined) values.set(name, held.value)
        }
        frame.cost += structCost
        return construct(values)
      },
    }
  }

  #fold(expr: ComprehensionExpr): Plan {
    return { eval: planFold(expr, this) }
  }
}

const constant = (value: Value): Plan => ({ eval: () => value, constant: value })

/** @param isConditional a condition, or a selection from one, which does not bear the cost */
function attribute(free: Eval, isConditional = false): Plan {
  if (isConditional) return { eval: free, free }
  return {
    eval: (frame) => {
      frame.cost++
      return free(frame)
    },
    free,
  }
}

const freely = (plan: Plan): Eval => plan.free ?? plan.eval

/** `variable.field`, in one step. */
function fieldOfVariable(slot: number, variable: Eval, declared: FieldDecl, field: string, cost: number): Eval {
  const { default: fallback } = declared
  return (frame) => {
    const object = frame.slots[slot] ?? variable(frame)
    frame.cost += cost
    const found = declared.read(object) ?? fallback
    if (found === undefined) throw noSuchKey(field)
    return found
  }
}

/** What is selected from an optional is one, and costs only if it is there. */
function optionalSelection(declared: FieldDecl | undefined, field: string, object: Eval): Eval {
  return (frame) => {
    const base = object(frame)
    const value = base instanceof Optional ? base.value : base
    if (value === undefined) return base
    const found = declared === undefined ? accessIfPresent(value, field) : declared.read(value)
    if (found === undefined) return Optional.none
    frame.cost++
    return new Optional(found)
  }
}

function conditional(expr: Expr): boolean {
  if (expr.kind === 'select') return conditional(expr.operand)
  if (expr.kind !== 'call') return false
  if (expr.name === '_?_:_') return true
  return (expr.name === '_[_]' || expr.name === '_[?_]' || expr.name === '_?._') && conditional(expr.args[0]!)
}

/** What costs nothing because it is computed now. */
function computed(make: Eval): Plan {
  return constant(make(new Frame([], Number.POSITIVE_INFINITY, undefined)))
}

function listWithOptionals(elements: readonly Eval[], optionals: ReadonlySet<number>): Eval {
  return (frame) => {
    const items: Value[] = []
    for (let i = 0; i < elements.length; i++) {
      const item = elements[i]!(frame)
      if (!optionals.has(i)) items.push(item)
      else if (!(item instanceof Optional))
        throw new CelError(`cannot initialize optional list element from non-optional value ${printed(item)}`)
      else if (item.value !== undefined) items.push(item.value)
    }
    frame.cost += listCost
    return items
  }
}

const notOptional = (name: string, value: Value) =>
  new CelError(`cannot initialize optional entry '${name}' from non-optional value ${printed(value)}`)

/** Whether a value is in a list of constants costs only the value; undefined: the list is not such a one. */
function inConstantList([value, list]: readonly Plan[], { call }: Overload): Plan | undefined {
  const items = list!.constant
  if (!Array.isArray(items)) return undefined
  if (items.length === 0) return constant(false)
  const plain = items.every((item) => typeof item !== 'object' || item === null || 'value' in item)
  if (!plain) return undefined
  const strings = items.every((item) => typeof item === 'string') ? new Set<Value>(items) : undefined
  const of = value!.eval
  if (strings !== undefined) return { eval: (frame) => strings.has(of(frame)) }
  return { eval: (frame) => call(of(frame), items) }
}
