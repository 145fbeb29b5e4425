/** Size of the buffers of a pool, if nothing else is said. */
export const pooledBytes = 512 * 1024
/** Free ones that are kept: 32 MiB of the usual size. */
const mostFree = 64
const sweepMs = 5_000

/**
 * Large buffers that are used again. Memory outside the heap, made and left anew for every long answer, has the garbage
 * collector run several times as often as what is in the heap needs.
 */
export class BufferPool {
  readonly #free: Buffer[] = []
  readonly #size: number
  /** How many were free all the time since the last sweep: nobody needs those. */
  #spare = 0
  #timer: NodeJS.Timeout | undefined

  /** @param size of its buffers */
  constructor(size = pooledBytes) {
    this.#size = size
  }

  /** Its content is of no meaning. Whoever does not give it back leaves it to the garbage collector. */
  take(): Buffer {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size)
    this.#spare = Math.min(this.#spare, this.#free.length)
    return buffer
  }

  /** Nobody may read it any more: not before the socket has taken what was written. */
  give(buffer: Buffer): void {
    if (this.#free.length >= mostFree) return
    this.#free.push(buffer)
    this.#timer ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  #sweep(): void {
    this.#free.splice(0, this.#spare)
    this.#spare = this.#free.length
    if (this.#spare > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
