import { type BufferPool, pooledBytes } from '../../http/index.js'

/** Bytes of a list, and the buffer of the pool that they lie in. */
export interface Slice {
  readonly bytes: Buffer
  readonly pooled: Buffer | undefined
}

/** The JSON items of a list, copied once, one behind the other, into buffers of a pool. */
export class ItemSlices {
  readonly #pool: BufferPool
  readonly #room: number
  readonly #full: Slice[] = []
  #out: Buffer | undefined
  #start = 0
  #end = 0
  #follows = false
  #isFirst = true

  /** @param room bytes in front of the items that are left free for `finish` */
  constructor(pool: BufferPool, room = 0) {
    this.#pool = pool
    this.#room = room
  }

  /** What stands before or behind the items. */
  put(bytes: Buffer): void {
    const at = this.#reserve(bytes.length)
    this.#out!.set(bytes, at)
  }

  /**
   * An item: what lies behind the first `skip` bytes of `object`, with a brace in front.
   *
   * @returns false: a slice is full
   */
  add(object: Buffer, skip: number): boolean {
    const before = this.#full.length
    let at = this.#reserve(object.length - skip + (this.#follows ? 2 : 1))
    const out = this.#out!
    if (this.#follows) out[at++] = comma
    out[at++] = brace
    object.copy(out, at, skip)
    this.#follows = true
    return this.#full.length === before
  }

  /** Those that are full by now. */
  takeFull(): Slice[] {
    return this.#full.splice(0)
  }

  /** All that is left, with `head` in the room that was kept for it. */
  finish(head: Buffer, tail: Buffer): Slice[] {
    this.put(tail)
    this.#close()
    const first = this.#full[0]!
    if (head.length === 0) return this.takeFull()
    if (head.length > this.#room) return [{ bytes: head, pooled: undefined }, ...this.takeFull()]
    const start = first.bytes.byteOffset - head.length
    this.#full[0] = { ...first, bytes: Buffer.from(first.bytes.buffer, start, head.length + first.bytes.length) }
    this.#full[0].bytes.set(head)
    return this.takeFull()
  }

  free({ pooled }: Slice): void {
    if (pooled !== undefined) this.#pool.give(pooled)
  }

  /** Gives back what was not sent. */
  discard(): void {
    if (this.#out?.length === pooledBytes) this.#pool.give(this.#out)
    this.#out = undefined
    for (const slice of this.takeFull()) this.free(slice)
  }

  /** Room for so many bytes in one buffer. */
  #reserve(size: number): number {
    if (this.#out === undefined || this.#end + size > this.#out.length) this.#open(size)
    const at = this.#end
    this.#end += size
    return at
  }

  #open(size: number): void {
    this.#close()
    const start = this.#isFirst ? this.#room : 0
    this.#isFirst = false
    // One that is larger than the pool's has a buffer of its own.
    this.#out = start + size > pooledBytes ? Buffer.allocUnsafeSlow(start + size + 1) : this.#pool.take()
    this.#start = start
    this.#end = start
  }

  #close(): void {
    const out = this.#out
    if (out === undefined) return
    this.#out = undefined
    const bytes = Buffer.from(out.buffer as ArrayBuffer, out.byteOffset + this.#start, this.#end - this.#start)
    this.#full.push({ bytes, pooled: out.length === pooledBytes ? out : undefined })
  }
}

const brace = 0x7b
const comma = 0x2c
