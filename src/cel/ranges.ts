import type { Range } from './library.js'

/** No bound: 2^64, where sums and products stop. */
export const unlimited = 2 ** 64

export const fixed = (n: number): Range => ({ min: n, max: n })
export const unknownRange: Range = { min: 0, max: unlimited }

const cap = (n: number): number => Math.min(n, unlimited)

export const addRanges = (a: Range, b: Range): Range => ({ min: cap(a.min + b.min), max: cap(a.max + b.max) })
export const multiplyRanges = (a: Range, b: Range): Range => ({ min: cap(a.min * b.min), max: cap(a.max * b.max) })
export const uniteRanges = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })

/** Both ends times a factor, rounded up. */
export const scaleRange = (a: Range, factor: number): Range => ({
  min: cap(Math.ceil(a.min * factor)),
  max: cap(Math.ceil(a.max * factor)),
})

/** Costs of the model: what a character of a string costs that is walked over, and a character of a regular expression. */
export const stringTraversalFactor = 0.1
export const regexLengthFactor = 0.25
