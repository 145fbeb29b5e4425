import type { CallExpr } from '../ast.js'
import type { Checked } from '../check/checker.js'
import type { FunctionDecl } from '../check/declarations.js'
import type { Overload } from '../library.js'
import { sizeOfValue } from '../sizes.js'
import { isDyn, isOptional, type Type } from '../types.js'
import { CelError, Opaque, type Value } from '../values.js'
import { fitting, mismatchText } from './dispatch.js'
import type { Eval, Frame } from './frame.js'

/** The call of a function, with its cost. Types that are only known at run time are looked at then. */
export function planCall(
  expr: CallExpr,
  declared: FunctionDecl,
  overloads: readonly Overload[],
  args: readonly Eval[],
  checked: Checked,
): Eval {
  const [only] = overloads
  if (expr.name === '_==_' || expr.name === '_!=_') return equality(only!, args[0]!, args[1]!)
  const exprs = expr.target === undefined ? expr.args : [expr.target, ...expr.args]
  const sure = overloads.length === 1 && exprs.every((arg, i) => isSure(checked.types[arg.id], only!.args[i]!))
  if (sure) return only!.cost === undefined ? plain(only!, args) : costed(only!, args)
  return dispatched(expr, declared, args, declared.costByOverload && overloads.length > 1)
}

/** Whether a value of the checker's type always has the overload's type at run time. */
function isSure(type: Type | undefined, declared: Type): boolean {
  if (declared.kind === 'param' || isDyn(declared)) return true
  if (type === undefined || isDyn(type) || type.kind === 'error' || type.kind === 'param') return false
  if (type.kind === 'null' || type.nullable) return false
  if (isOptional(declared)) return isOptional(type) && isSure(type.params[0], declared.params[0]!)
  return declared.params.every((param, i) => isSure(type.params[i], param))
}

/** A call that costs 1. */
function plain({ call }: Overload, args: readonly Eval[]): Eval {
  const [first, second] = args
  switch (args.length) {
    case 1:
      return (frame) => {
        frame.cost++
        return call(first!(frame))
      }
    case 2:
      return (frame) => {
        frame.cost++
        const left = first!(frame)
        return call(left, second!(frame))
      }
    default:
      return (frame) => {
        frame.cost++
        return call(...args.map((arg) => arg(frame)))
      }
  }
}

function costed(overload: Overload, args: readonly Eval[]): Eval {
  const [first, second] = args
  if (isKnownBefore(overload)) return paidBefore(overload, args)
  if (args.length === 2)
    return (frame) => {
      const left = first!(frame)
      const right = second!(frame)
      const result = overload.call(left, right)
      frame.cost += overload.cost!([left, right], result)
      frame.checkBudget()
      return result
    }
  return (frame) => {
    const values = args.map((arg) => arg(frame))
    const result = overload.call(...values)
    frame.cost += overload.cost!(values, result)
    frame.checkBudget()
    return result
  }
}

/** Whether the cost does not depend on the result, so that what is too dear is not even begun. */
const isKnownBefore = ({ cost }: Overload): boolean => cost !== undefined && cost.length < 2

function paidBefore({ call, cost }: Overload, args: readonly Eval[]): Eval {
  const [first, second] = args
  if (args.length === 2)
    return (frame) => {
      const left = first!(frame)
      const right = second!(frame)
      frame.cost += cost!([left, right], null)
      frame.checkBudget()
      return call(left, right)
    }
  return (frame) => {
    const values = args.map((arg) => arg(frame))
    frame.cost += cost!(values, null)
    frame.checkBudget()
    return call(...values)
  }
}

function dispatched(
  expr: CallExpr,
  { name, overloads, mismatch }: FunctionDecl,
  args: readonly Eval[],
  costsOne: boolean,
): Eval {
  const member = expr.target !== undefined
  const candidates = overloads.filter((overload) => (overload.member ?? false) === member)
  const [first, second] = args
  const all: (frame: Frame) => Value[] =
    args.length === 2
      ? (frame) => [first!(frame), second!(frame)]
      : args.length === 1
        ? (frame) => [first!(frame)]
        : (frame) => args.map((arg) => arg(frame))
  return (frame) => {
    const values = all(frame)
    const overload = fitting(candidates, values)
    if (overload === undefined) {
      frame.cost++
      throw new CelError(mismatch === undefined ? mismatchText(name, values) : mismatch(values))
    }
    if (!costsOne && isKnownBefore(overload)) {
      frame.cost += overload.cost!(values, null)
      frame.checkBudget()
      return callUnsure(overload, values)
    }
    const result = callUnsure(overload, values)
    frame.cost += costsOne || overload.cost === undefined ? 1 : overload.cost(values, result)
    frame.checkBudget()
    return result
  }
}

/** Of a list or map only the first entry was looked at: what a function cannot do with another is no bug. */
function callUnsure(overload: Overload, values: readonly Value[]): Value {
  try {
    return overload.call(...values)
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) throw new CelError('no such overload')
    throw error
  }
}

/** Equality goes as far as the shorter value; values of opaque types are one thing. */
function equality({ call }: Overload, left: Eval, right: Eval): Eval {
  return (frame) => {
    const a = left(frame)
    const b = right(frame)
    frame.cost += equalityCost(a, b)
    frame.checkBudget()
    return call(a, b)
  }
}

function equalityCost(a: Value, b: Value): number {
  if (typeof a === 'number' || typeof a === 'boolean' || a === null) return smaller(1, b)
  if (a instanceof Opaque) return 1
  return smaller(sizeOfValue(a), b)
}

function smaller(size: number, b: Value): number {
  if (size <= 10 && size > 0 && (typeof b !== 'object' || b === null) && b !== '') return 1
  return Math.ceil(Math.min(size, sizeOfValue(b)) * 0.1)
}
