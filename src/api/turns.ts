/** Objects above this size, in bytes of JSON, are worked on in turns: below it, all steps together are within a few milliseconds. */
export const largeObject = 64 * 1024

/** How long work may go on before the event loop is let go, in milliseconds. */
const turnMs = 4

/** Work in steps that may be parted: every `yield` is a place where others may have their turn, or a promise to wait for. */
export type Steps<T> = Generator<Promise<void> | undefined, T, undefined>

/** A step that others have to do. Only work that is done in turns can wait. */
export function* waiting<T>(promise: Promise<T>): Steps<T> {
  let result: { readonly value: T } | undefined
  yield promise.then((value) => {
    result = { value }
  })
  return result!.value
}

/** Does all steps at once. Throws Error if one has to be waited for. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (step.value !== undefined) throw new Error('this work has to wait')
  }
}

/**
 * Does the steps, and lets the event loop go between two of them when they have lasted for a turn. A promise that is rejected
 * throws where it was waited for.
 */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  let end = performance.now() + turnMs
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value
    if (step.value === undefined && performance.now() < end) {
      step = steps.next()
      continue
    }
    const failure = await (step.value ?? nextTurn()).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    end = performance.now() + turnMs
    step = failure === undefined ? steps.next() : steps.throw(failure.error)
  }
}

/** Lets the event loop go. */
export const nextTurn = (): Promise<void> => new Promise(setImmediate)
