/** Ends an evaluation; no operator absorbs it. */
export class Stopped {
  constructor(readonly reason: 'budget' | 'cancelled') {}
}

/**
 * Steps within functions that an evaluation may take. The cost model, which is upstream's, prices some things at 1 that
 * walk over all of a value (the size of a text or a map, putting lists together), so that costs alone would let an
 * expression hold the event loop for minutes. What is bounded here takes some tens of milliseconds.
 */
const maxSteps = 5_000_000

/**
 * Of the evaluation that is running: they are synchronous, one within the other at most, and what functions look at is
 * too deep down to be handed a counter.
 */
let left = Number.POSITIVE_INFINITY

/** @throws Stopped when an evaluation has taken more steps than it may */
export function spend(steps: number): void {
  left -= steps
  if (left < 0) throw new Stopped('budget')
}

/** Runs an evaluation with steps of its own; one within another shares what is left. */
export function withSteps<R>(run: () => R): R {
  const outer = left
  left = Math.min(outer, maxSteps)
  try {
    return run()
  } finally {
    left = outer
  }
}
