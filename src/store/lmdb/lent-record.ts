import type { Revision, StoredRecord } from '../store.js'
import { indexLengthOf, isSealed, recordHeader, revisionAtOf, revisionOf } from './record.js'

/** A record in memory that the next read overwrites: one for a whole walk, so that what is looked at alone is made. */
export class LentRecord implements StoredRecord {
  key = ''
  #raw: Buffer = Buffer.alloc(0)
  #size = 0

  /** @param size of the record, which `raw` itself does not tell */
  show(key: string, raw: Buffer, size: number): this {
    this.key = key
    this.#raw = raw
    this.#size = size
    return this
  }

  get sealed(): boolean {
    return isSealed(this.#raw)
  }

  get revision(): Revision {
    return revisionOf(this.#raw)
  }

  get revisionAt(): number {
    return revisionAtOf(this.#raw)
  }

  get value(): Buffer {
    const start = recordHeader + indexLengthOf(this.#raw)
    return this.#part(start, this.#size)
  }

  get index(): Buffer {
    return this.#part(recordHeader, recordHeader + indexLengthOf(this.#raw))
  }

  /** All of it, to keep. */
  copy(): Buffer {
    return Buffer.from(this.#part(0, this.#size))
  }

  // lmdb gives its shared buffer a length that its own methods do not know of.
  #part(start: number, end: number): Buffer {
    return Buffer.from(this.#raw.buffer, this.#raw.byteOffset + start, end - start)
  }
}
