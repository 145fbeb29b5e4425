import { atRevision, type Change, type Revision, type StoredRecord } from '../store/index.js'

/** An object came into, changed within or left what a watcher selects. `record` is what the watcher is shown. */
export class ObjectEvent {
  readonly #frames = new Frames<ObjectEvent>()

  constructor(
    readonly type: 'ADDED' | 'MODIFIED' | 'DELETED',
    readonly record: StoredRecord,
    /** What it is to who watches everything has the whole change, for who can select only later. */
    readonly change?: SharedChange,
  ) {}

  get revision(): Revision {
    return this.record.revision
  }

  /** The event in one encoding, made on first use and shared by all watchers who want `encoding` (compared by identity). */
  frame(encoding: unknown, make: (event: this) => Buffer): Buffer {
    return this.#frames.get(encoding, make as (event: ObjectEvent) => Buffer, this)
  }
}

/** Everything up to `revision` has been told. `initial`: asked for by the watcher, to end its initial events. */
export class BookmarkEvent {
  readonly type = 'BOOKMARK'
  readonly #frames = new Frames<BookmarkEvent>()

  constructor(
    readonly revision: Revision,
    readonly initial: boolean,
  ) {}

  frame(encoding: unknown, make: (event: this) => Buffer): Buffer {
    return this.#frames.get(encoding, make as (event: BookmarkEvent) => Buffer, this)
  }
}

export type WatchEvent = ObjectEvent | BookmarkEvent

/**
 * One change and the events it is to different watchers, each made once. To who selects by labels or fields, a change
 * into the selection is ADDED, and one out of it is DELETED with the object as it was and the revision of the change.
 */
export class SharedChange {
  readonly revision: Revision
  readonly #change: Change
  #plain: ObjectEvent | undefined
  #entered: ObjectEvent | undefined
  #left: ObjectEvent | undefined

  constructor(change: Change) {
    this.#change = change
    this.revision = change.record.revision
  }

  get key(): string {
    return this.#change.record.key
  }

  /** The object after the change, and before it if it was there. */
  get records(): readonly StoredRecord[] {
    const { record, previous } = this.#change
    return previous === undefined ? [record] : [record, previous]
  }

  /** What it is to who watches everything. */
  get event(): ObjectEvent {
    this.#plain ??= new ObjectEvent(plainTypes[this.#change.kind], this.#change.record, this)
    return this.#plain
  }

  /** What it is to who watches what `matches`; undefined: nothing. */
  eventFor(matches: (record: StoredRecord) => boolean): ObjectEvent | undefined {
    const { kind, record, previous } = this.#change
    const before = previous !== undefined && matches(previous)
    if (kind === 'deleted') return before ? this.event : undefined
    const now = matches(record)
    if (now) {
      if (before || kind === 'created') return this.event
      this.#entered ??= new ObjectEvent('ADDED', record)
      return this.#entered
    }
    if (!before) return undefined
    this.#left ??= new ObjectEvent('DELETED', atRevision(previous, record.revision))
    return this.#left
  }
}

const plainTypes = { created: 'ADDED', updated: 'MODIFIED', deleted: 'DELETED' } as const

/** Most events are wanted in one encoding: the second makes a map. */
class Frames<Event> {
  #encoding: unknown
  #frame: Buffer | undefined
  #more: Map<unknown, Buffer> | undefined

  get(encoding: unknown, make: (event: Event) => Buffer, event: Event): Buffer {
    if (this.#frame === undefined) {
      this.#encoding = encoding
      this.#frame = make(event)
      return this.#frame
    }
    if (this.#encoding === encoding) return this.#frame
    this.#more ??= new Map()
    let frame = this.#more.get(encoding)
    if (frame === undefined) {
      frame = make(event)
      this.#more.set(encoding, frame)
    }
    return frame
  }
}
