import type { Writable } from 'node:stream'

/** What takes the body of a response. */
export interface BodySink {
  /**
   * False: it is full. What comes once it is over is left out.
   *
   * @param taken called once the chunk is not needed any more; not at all if it is cut off
   */
  write(chunk: Buffer, taken?: () => void): boolean
  end(): void
  /** Bytes that were written and have not left. */
  readonly pending: number
  readonly isFull: boolean
  /** It has ended, or was cut off. */
  readonly isOver: boolean
  /** Calls back once, at once if it is not full, when it is no longer full or is over. */
  whenDrained(callback: () => void): void
}

/** A stream of Node's that takes it. */
export class WritableSink implements BodySink {
  readonly #out: Writable

  constructor(out: Writable) {
    this.#out = out
  }

  get pending(): number {
    return this.#out.writableLength
  }

  get isFull(): boolean {
    return this.#out.writableNeedDrain
  }

  get isOver(): boolean {
    return this.#out.destroyed || this.#out.writableEnded
  }

  write(chunk: Buffer, taken?: () => void): boolean {
    if (this.isOver) return true
    if (taken === undefined) return this.#out.write(chunk)
    return this.#out.write(chunk, (error) => {
      if (error === null || error === undefined) taken()
    })
  }

  end(): void {
    if (!this.isOver) this.#out.end()
  }

  whenDrained(callback: () => void): void {
    const out = this.#out
    if (this.isOver || !this.isFull) {
      callback()
      return
    }
    const done = (): void => {
      out.off('drain', done).off('close', done)
      callback()
    }
    out.on('drain', done).on('close', done)
  }
}
