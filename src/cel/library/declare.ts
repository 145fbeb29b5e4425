import type { LibraryFunction, Overload } from '../library.js'
import type { Type } from '../types.js'
import type { Value } from '../values.js'

// biome-ignore lint/suspicious/noExplicitAny: the declared types say what it gets
type Call = (...args: any[]) => Value

type Costs = Pick<Overload, 'cost' | 'estimate'>

export const fn = (name: string, ...overloads: readonly Overload[]): LibraryFunction => ({ name, overloads })

/** `name(args...)` */
export const overload = (id: string, args: readonly Type[], result: Type, call: Call, costs: Costs = {}): Overload => ({
  id,
  args,
  result,
  call: (...values) => call(...values),
  ...costs,
})

/** `args[0].name(args[1]...)` */
export const member = (id: string, args: readonly Type[], result: Type, call: Call, costs: Costs = {}): Overload => ({
  ...overload(id, args, result, call, costs),
  member: true,
})
