import type { KubeObject } from '../api/index.js'
import type { Revision, StoredRecord } from '../store/index.js'

export interface RecentBounds {
  readonly objects: number
  /** JSON of all objects that are held. */
  readonly bytes: number
}

/**
 * Parsed forms of records that are read for writing again and again: controllers repeat writes that change nothing, and
 * parsing is most of what such a write costs. Only the second reading of a revision makes an object stay, so that objects
 * that change with every write cost a map entry and no more.
 *
 * What stays is frozen, in depth: whoever changes it by mistake fails, instead of changing what others are told is stored.
 */
export class RecentObjects {
  readonly #bounds: RecentBounds
  /** Least recently used first. A number: that revision has been read once. */
  readonly #entries = new Map<string, Revision | { readonly record: StoredRecord; readonly object: KubeObject }>()
  #bytes = 0

  constructor(bounds: RecentBounds) {
    this.#bounds = bounds
  }

  /** @param parse what makes the object; it gets nothing that anybody else holds */
  get(record: StoredRecord, parse: (record: StoredRecord) => KubeObject): KubeObject {
    const { key, revision } = record
    const entry = this.#entries.get(key)
    if (typeof entry === 'object') {
      this.#drop(key, entry.record)
      if (entry.record.revision === revision) {
        this.#keep(entry)
        return entry.object
      }
    }
    const object = parse(record)
    if (entry === revision) {
      this.#entries.delete(key)
      if (record.value.length <= this.#bounds.bytes / 4) this.#keep({ record, object: freeze(object) })
    } else {
      this.#entries.delete(key)
      this.#entries.set(key, revision)
    }
    this.#evict()
    return object
  }

  #keep(entry: { readonly record: StoredRecord; readonly object: KubeObject }): void {
    this.#entries.set(entry.record.key, entry)
    this.#bytes += entry.record.value.length
  }

  #drop(key: string, record: StoredRecord): void {
    this.#entries.delete(key)
    this.#bytes -= record.value.length
  }

  #evict(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#bounds.objects && this.#bytes <= this.#bounds.bytes) return
      if (typeof entry === 'object') this.#drop(key, entry.record)
      else this.#entries.delete(key)
    }
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const held of Object.values(value)) freeze(held)
  return Object.freeze(value)
}
