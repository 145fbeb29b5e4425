import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds for which one piece of work may hold the event loop. */
const slice = 5

/**
 * Goes through steps for as long as it may at once, and later if that was not enough.
 * @returns undefined: all is done
 */
export function inSlices(steps: Generator<void, unknown, void>): Promise<void> | undefined {
  const until = performance.now() + slice
  while (performance.now() < until) if (steps.next().done) return undefined
  return nextTurn().then(() => inSlices(steps))
}

/** Goes through all steps now. */
export function atOnce<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}
