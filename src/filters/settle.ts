type Result = Promise<void> | void

/** Runs `work` and `done` after it, however it ends, without a promise if there was none. */
export function afterwards(work: () => Result, done: () => void): Result {
  let result: Result
  try {
    result = work()
  } catch (error) {
    done()
    throw error
  }
  if (result instanceof Promise) return result.finally(done)
  done()
}

/** Runs `work` and hands whatever it throws, now or later, to `failed`. */
export function guarded(work: () => Result, failed: (error: unknown) => void): Result {
  try {
    const result = work()
    return result instanceof Promise ? result.catch(failed) : undefined
  } catch (error) {
    failed(error)
  }
}
