import type { CallEstimate, CallNode, Overload, Range } from '../library.js'
import { fixed, scaleRange, stringTraversalFactor } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import type { Value } from '../values.js'

/** Cost rules that several functions share. Source of all of them: apiserver pkg/cel/library/cost.go. */
type Costs = Required<Pick<Overload, 'cost' | 'estimate'>>

export const traversal = (size: number, times = 1): number => Math.ceil(size * times * stringTraversalFactor)

/** Walking over the first argument, or the receiver, once or more. */
export function walksText(times = 1): Pick<Overload, 'cost' | 'estimate'> {
  return {
    cost: ([text]: readonly Value[]) => traversal(sizeOfValue(text!), times),
    estimate: ({ target, args, sizeOf }: CallNode) => {
      const text = target ?? args[0]
      return text && { cost: scaleRange(sizeOf(text), times * stringTraversalFactor) }
    },
  }
}

/** The same, with a result that is as long as the text. */
export function walksAndKeepsSize(times = 1): Costs {
  return {
    cost: ([text]: readonly Value[]) => traversal(sizeOfValue(text!), times),
    estimate: ({ target, args, sizeOf }: CallNode): CallEstimate | undefined => {
      const text = target ?? args[0]
      if (text === undefined) return undefined
      const resultSize: Range = sizeOf(text)
      return { cost: scaleRange(resultSize, times * stringTraversalFactor), resultSize }
    },
  }
}

/** Said aloud where upstream says 1 and would count otherwise. */
export const nominal: Costs = { cost: () => 1, estimate: () => ({ cost: fixed(1) }) }
