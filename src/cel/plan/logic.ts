import { CelError, Optional } from '../values.js'
import type { Eval, Frame } from './frame.js'

/** `&&`: false decides, whatever the other operand does; so an error counts only if nothing decides. */
export const and = (left: Eval, right: Eval): Eval => connected(left, right, false)

/** `||`: the same with true. */
export const or = (left: Eval, right: Eval): Eval => connected(left, right, true)

function connected(left: Eval, right: Eval, decisive: boolean): Eval {
  return (frame) => {
    let failure: CelError | undefined
    try {
      const value = left(frame)
      if (value === decisive) return decisive
      if (typeof value !== 'boolean') failure = new CelError('no such overload')
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure = error
    }
    if (failure !== undefined) return absorb(right, frame, decisive, failure)
    const value = right(frame)
    if (typeof value !== 'boolean') throw new CelError('no such overload')
    return value
  }
}

/** The other operand decides, if it can alone. */
function absorb(other: Eval, frame: Frame, decisive: boolean, failure: CelError): boolean {
  try {
    if (other(frame) === decisive) return decisive
  } catch (error) {
    if (!(error instanceof CelError)) throw error
  }
  throw failure
}

/** `left.or(right)`: the right side is computed only if it is needed, and nothing is paid for the choice. */
export function orOptional(left: Eval, right: Eval): Eval {
  return (frame) => {
    const value = left(frame)
    // What is no optional, which only the types at run time can tell, is taken as it is.
    return value instanceof Optional && value.value === undefined ? right(frame) : value
  }
}

/** `left.orValue(right)` */
export function orValue(left: Eval, right: Eval): Eval {
  return (frame) => {
    const value = left(frame)
    if (!(value instanceof Optional)) return value
    return value.value === undefined ? right(frame) : value.value
  }
}
