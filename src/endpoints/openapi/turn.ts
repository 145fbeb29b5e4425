/**
 * A function to call between small pieces of work: it makes one wait for the event loop when enough time has gone by. Pieces
 * that follow each other must share it, or each begins to count anew.
 */
export function turnTaker(sliceMs: number): () => Promise<void> | undefined {
  let started = performance.now()
  return () => {
    if (performance.now() - started < sliceMs) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        started = performance.now()
        resolve()
      })
    })
  }
}
