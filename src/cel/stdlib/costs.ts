import type { CallEstimate, CallNode, Range } from '../library.js'
import {
  addRanges,
  fixed,
  multiplyRanges,
  regexLengthFactor,
  scaleRange,
  stringTraversalFactor,
  unlimited,
} from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import type { Value } from '../values.js'

type Costs = {
  cost(args: readonly Value[], result: Value): number
  estimate(call: CallNode): CallEstimate | undefined
}

const traversal = (size: number) => Math.ceil(size * stringTraversalFactor)
const traversals = (size: Range) => scaleRange(size, stringTraversalFactor)

/** Equality and order: as far as the shorter of the two goes. */
export const comparison: Costs = {
  cost: ([a, b]) => traversal(Math.min(sizeOfValue(a!), sizeOfValue(b!))),
  estimate({ args, sizeOf }) {
    const max = Math.min(sizeOf(args[0]!).max, sizeOf(args[1]!).max)
    return { cost: traversals({ min: max > 0 ? 1 : 0, max }) }
  },
}

/** Both are copied. */
export const concatenation: Costs = {
  cost: ([a, b]) => traversal(sizeOfValue(a!) + sizeOfValue(b!)),
  estimate({ args, sizeOf }) {
    const resultSize = addRanges(sizeOf(args[0]!), sizeOf(args[1]!))
    return { cost: traversals(resultSize), resultSize }
  },
}

export const listConcatenation: Costs = {
  cost: () => 1,
  estimate: ({ args, sizeOf }) => ({ cost: fixed(1), resultSize: addRanges(sizeOf(args[0]!), sizeOf(args[1]!)) }),
}

/** The static estimate goes by the argument, the cost by the receiver. */
export const affix: Costs = {
  cost: ([text]) => traversal(sizeOfValue(text!)),
  estimate: ({ args, sizeOf }) => ({ cost: traversals(sizeOf(args[0]!)) }),
}

export const stringToBytes: Costs = {
  cost: affix.cost,
  estimate({ args, sizeOf }) {
    const { min, max } = sizeOf(args[0]!)
    return { cost: traversals({ min, max }), resultSize: { min, max: Math.min(max * 4, unlimited) } }
  },
}

export const bytesToString: Costs = {
  cost: affix.cost,
  estimate({ args, sizeOf }) {
    const { min, max } = sizeOf(args[0]!)
    return { cost: traversals({ min, max }), resultSize: { min: Math.trunc(min / 4), max } }
  },
}

export const membership: Costs = {
  cost: ([, list]) => sizeOfValue(list!),
  estimate: ({ args, sizeOf }) => ({ cost: sizeOf(args[1]!) }),
}

export const containment: Costs = {
  cost: ([text, part]) => traversal(sizeOfValue(text!)) * traversal(sizeOfValue(part!)),
  estimate({ target, args, sizeOf }) {
    if (target === undefined) return undefined
    return { cost: multiplyRanges(traversals(sizeOf(target)), traversals(sizeOf(args[0]!))) }
  },
}

/** The text once for about every fourth character of the pattern; an empty text is not free. */
export const matching: Costs = {
  cost: ([text, pattern]) => traversal(1 + sizeOfValue(text!)) * Math.ceil(sizeOfValue(pattern!) * regexLengthFactor),
  estimate({ target, args, sizeOf }) {
    if (target === undefined) return undefined
    const text = traversals(addRanges(sizeOf(target), fixed(1)))
    return { cost: multiplyRanges(text, scaleRange(sizeOf(args[0]!), regexLengthFactor)) }
  },
}
