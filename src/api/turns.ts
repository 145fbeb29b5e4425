/** Objects above this size, in bytes of JSON, are worked on in turns: below it, all steps together are within a few milliseconds. */
export const largeObject = 64 * 1024

/** How long work may go on before the event loop is let go, in milliseconds. */
const turnMs = 4

/** Work in steps that may be parted: every `yield` is a place where others may have their turn. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Does all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Does the steps, and lets the event loop go between two of them when they have lasted for a turn. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (let end = performance.now() + turnMs; ; ) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() < end) continue
    await nextTurn()
    end = performance.now() + turnMs
  }
}

/** Lets the event loop go. */
export const nextTurn = (): Promise<void> => new Promise(setImmediate)
