import type { ComprehensionExpr, Expr } from '../ast.js'
import { MapValue } from '../ops.js'
import { accumulator, mapInsert } from '../parse/names.js'
import { insertAll } from '../stdlib/comprehensions.js'
import {
  CelError,
  entryOf,
  type Fields,
  isFields,
  isList,
  itemAt,
  keysOf,
  List,
  type PlainObject,
  sizeOfList,
  typeOfValue,
  type Value,
} from '../values.js'
import type { Eval, Frame } from './frame.js'
import type { Plan, Planner } from './planner.js'

/**
 * A fold. Those that the macros make are recognised and run as what they mean; what they cost is what their parts would
 * have cost.
 */
export function planFold(expr: ComprehensionExpr, planner: Planner): Eval {
  if (isBinding(expr)) return binding(expr, planner)
  const range = planner.plan(expr.range).eval
  const kind = expr.accuVar === accumulator ? kindOf(expr) : undefined
  const names = expr.iterVar2 === undefined ? [expr.iterVar] : [expr.iterVar, expr.iterVar2]
  if (kind === undefined) return general(expr, planner, range, names)
  const quantified = expr.iterVar2 === undefined ? quantifiedPart(expr) : undefined
  if (quantified !== undefined) return quantifier1(planner, range, expr.iterVar, quantified)
  const { slots, planned } = planner.withLocals(names, () => kind(planner))
  const two = expr.iterVar2 !== undefined
  return (frame) => {
    const run = planned(frame)
    forEach(range(frame), slots, two, frame, run.step)
    frame.cost += run.resultCost
    return run.result()
  }
}

/** What happens to each item; false: the rest is not looked at. */
interface Run {
  step(frame: Frame): boolean
  result(): Value
  /** Of reading the result when all is done. */
  readonly resultCost: number
}

type Kind = (planner: Planner) => (frame: Frame) => Run

/** Sets the variables to each item, key, or both. */
function forEach(
  range: Value,
  [first, second]: readonly number[],
  two: boolean,
  frame: Frame,
  step: (frame: Frame) => boolean,
): void {
  const { slots } = frame
  if (Array.isArray(range)) {
    for (let i = 0; i < range.length; i++) {
      if (two) slots[first!] = i
      slots[two ? second! : first!] = range[i] as Value
      frame.checkStep()
      if (!step(frame)) return
    }
  } else if (isList(range)) {
    for (let i = 0; i < sizeOfList(range); i++) {
      if (two) slots[first!] = i
      slots[two ? second! : first!] = itemAt(range, i)
      frame.checkStep()
      if (!step(frame)) return
    }
  } else if (isFields(range)) {
    forEachEntry(range, first!, two ? second : undefined, frame, step)
  } else {
    throw new CelError(`got 'types.${goName(range)}', expected iterable type`)
  }
}

function forEachEntry(
  range: Fields | PlainObject,
  keySlot: number,
  valueSlot: number | undefined,
  frame: Frame,
  step: (frame: Frame) => boolean,
): void {
  for (const key of keysOf(range)) {
    frame.slots[keySlot] = key
    if (valueSlot !== undefined) frame.slots[valueSlot] = entryOf(range, key)
    frame.checkStep()
    if (!step(frame)) return
  }
}

/** cel-go names its own Go type. */
function goName(value: Value): string {
  const { name } = typeOfValue(value)
  const last = name.slice(name.lastIndexOf('.') + 1).replace('null_type', 'null')
  return last.charAt(0).toUpperCase() + last.slice(1)
}

function kindOf({ step, result, accuInit }: ComprehensionExpr): Kind | undefined {
  if (step.kind !== 'call') return undefined
  const isResult = result.kind === 'ident'
  if (step.name === '_&&_' && isAccu(step.args[0]!) && isResult) return quantifier(step.args[1]!, false)
  if (step.name === '_||_' && isAccu(step.args[0]!) && isResult) return quantifier(step.args[1]!, true)
  if (accuInit.kind === 'literal') return step.name === '_?_:_' && !isResult ? counting(step.args[0]!) : undefined
  const filter = step.name === '_?_:_' && isAccu(step.args[2]!) ? step.args[0]! : undefined
  const added = filter === undefined ? step : step.kind === 'call' ? step.args[1]! : undefined
  if (added?.kind !== 'call' || !isAccu(added.args[0]!)) return undefined
  const value = added.args[1]!
  if (added.name === '_+_' && value.kind === 'list' && value.elements.length === 1)
    return collecting(filter, value.elements[0]!)
  if (added.name === mapInsert) return gathering(filter, value, added.args[2])
  return undefined
}

const isAccu = (expr: Expr): boolean => expr.kind === 'ident' && expr.name === accumulator

/** all (stops at false) and exists (stops at true). An item that fails counts only if no other decides. */
function quantifier(predicate: Expr, decisive: boolean): Kind {
  // The condition reads the result, and for exists negates it; the step reads it again.
  const conditionCost = decisive ? 3 : 2
  return (planner) => {
    const test = planner.plan(predicate).eval
    return () => {
      let failure: CelError | undefined
      let decided = false
      return {
        step(frame) {
          frame.cost += conditionCost
          if (decided) return false
          frame.cost++
          try {
            const value = test(frame)
            if (value === decisive) decided = true
            else if (value !== !decisive) failure ??= new CelError('no such overload')
          } catch (error) {
            if (!(error instanceof CelError)) throw error
            failure ??= error
          }
          return true
        },
        resultCost: 1,
        result() {
          if (decided) return decisive
          if (failure !== undefined) throw failure
          return !decisive
        },
      }
    }
  }
}

interface Quantified {
  readonly predicate: Expr
  readonly decisive: boolean
}

function quantifiedPart({ step }: ComprehensionExpr): Quantified | undefined {
  if (step.kind !== 'call' || (step.name !== '_&&_' && step.name !== '_||_')) return undefined
  return { predicate: step.args[1]!, decisive: step.name === '_||_' }
}

/** all and exists over one variable, the commonest folds: arrays are run through without more ado. */
function quantifier1(planner: Planner, range: Eval, name: string, { predicate, decisive }: Quantified): Eval {
  const { slots: own, planned } = planner.withLocals([name], () => ({
    test: planner.plan(predicate).eval,
    other: quantifier(predicate, decisive)(planner),
  }))
  const { test, other } = planned
  const slot = own[0]!
  const conditionCost = decisive ? 3 : 2
  return (frame) => {
    const over = range(frame)
    const isArray = Array.isArray(over)
    if (!isArray && !(over instanceof List)) {
      const run = other(frame)
      forEach(over, own, false, frame, run.step)
      frame.cost++
      return run.result()
    }
    const { slots } = frame
    let failure: CelError | undefined
    const size = isArray ? over.length : over.size
    for (let i = 0; i < size; i++) {
      slots[slot] = isArray ? (over[i] as Value) : over.at(i)
      frame.checkStep()
      frame.cost += conditionCost + 1
      const value = attempt(test, frame)
      if (value === decisive) {
        frame.cost += i + 1 < size ? conditionCost + 1 : 1
        return decisive
      }
      if (value !== !decisive) failure ??= value instanceof CelError ? value : new CelError('no such overload')
    }
    frame.cost++
    if (failure !== undefined) throw failure
    return !decisive
  }
}

/** Apart from the loop, which is quicker without what catches errors. */
function attempt(test: Eval, frame: Frame): Value | CelError {
  try {
    return test(frame)
  } catch (error) {
    if (error instanceof CelError) return error
    throw error
  }
}

/** exists_one */
function counting(predicate: Expr): Kind {
  return (planner) => {
    const test = planner.plan(predicate).eval
    return () => {
      let count = 0
      return {
        step(frame) {
          if (holds(test(frame))) {
            frame.cost += 2
            count++
          }
          return true
        },
        resultCost: 2,
        result: () => count === 1,
      }
    }
  }
}

function holds(value: Value): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload')
  return value
}

/** map and filter: a list grows instead of being copied. */
function collecting(filter: Expr | undefined, item: Expr): Kind {
  return (planner) => {
    const test = filter && planner.plan(filter).eval
    const value = planner.plan(item)
    const of = value.eval
    // Reading the result, adding to it, and making a list of one, unless that is a constant.
    const cost = value.constant === undefined ? 12 : 2
    return () => {
      const items: Value[] = []
      return {
        step(frame) {
          if (test !== undefined && !holds(test(frame))) return true
          items.push(of(frame))
          frame.cost += cost
          return true
        },
        resultCost: 1,
        result: () => items,
      }
    }
  }
}

/** transformMap and transformMapEntry. */
function gathering(filter: Expr | undefined, first: Expr, second: Expr | undefined): Kind {
  return (planner) => {
    const test = filter && planner.plan(filter).eval
    const key = planner.plan(first).eval
    const value = second && planner.plan(second).eval
    return () => {
      const map = new MapValue()
      return {
        step(frame) {
          if (test !== undefined && !holds(test(frame))) return true
          frame.cost += 2
          const entry = key(frame)
          if (value !== undefined) map.insert(entry, value(frame))
          else if (isFields(entry)) insertAll(map, entry)
          else throw new CelError('no such overload')
          return true
        },
        resultCost: 1,
        result: () => map,
      }
    }
  }
}

/** optMap binds a variable by a fold over nothing. */
function isBinding({ range, condition, accuVar }: ComprehensionExpr): boolean {
  return (
    accuVar !== accumulator &&
    range.kind === 'list' &&
    range.elements.length === 0 &&
    condition.kind === 'literal' &&
    condition.value === false
  )
}

function binding(expr: ComprehensionExpr, planner: Planner): Eval {
  const init = planner.plan(expr.accuInit).eval
  const { slots, planned } = planner.withLocals([expr.accuVar], () => planner.plan(expr.result).eval)
  const [slot] = slots
  return (frame) => {
    frame.slots[slot!] = init(frame)
    return planned(frame)
  }
}

/** Any other fold, step by step. */
function general(expr: ComprehensionExpr, planner: Planner, range: Eval, names: readonly string[]): Eval {
  const init = planner.plan(expr.accuInit).eval
  const outer = planner.withLocals([expr.accuVar], () => {
    const inner = planner.withLocals(names, () => ({
      condition: planner.plan(expr.condition),
      step: planner.plan(expr.step),
    }))
    return { ...inner, result: planner.plan(expr.result) }
  })
  const [accu] = outer.slots
  const { planned, slots, result } = outer.planned as {
    readonly planned: { readonly condition: Plan; readonly step: Plan }
    readonly slots: readonly number[]
    readonly result: Plan
  }
  return (frame) => {
    const over = range(frame)
    frame.slots[accu!] = init(frame)
    forEach(over, slots, expr.iterVar2 !== undefined, frame, () => {
      if (planned.condition.eval(frame) !== true) return false
      frame.slots[accu!] = planned.step.eval(frame)
      return true
    })
    return result.eval(frame)
  }
}
