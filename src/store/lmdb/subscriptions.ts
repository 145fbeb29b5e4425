import {
  atRevision,
  type Change,
  type ChangeListener,
  isUnreadable,
  type Revision,
  type Subscription,
} from '../store.js'
import type { Reader } from './reader.js'

const replayEntries = 256

interface Subscriber {
  readonly listener: ChangeListener
  /** The last revision told. A listener may subscribe another in the midst of a batch, whose reads are ahead of it. */
  position: Revision
}

/** Who hears of the changes of which prefix. */
export class Subscriptions {
  readonly #reader: Reader
  readonly #byPrefix = new Map<string, Set<Subscriber>>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  add(prefix: string, after: Revision, listener: ChangeListener): Subscription {
    const subscriber: Subscriber = { listener, position: after }
    for (const changes of this.replay(prefix, after)) tell(subscriber, changes)
    subscriber.position = Math.max(after, this.#reader.revision)
    const subscribers = this.#byPrefix.get(prefix) ?? new Set()
    this.#byPrefix.set(prefix, subscribers.add(subscriber))
    return {
      close: () => {
        if (subscribers.delete(subscriber) && subscribers.size === 0 && this.#byPrefix.get(prefix) === subscribers) {
          this.#byPrefix.delete(prefix)
        }
      },
    }
  }

  has(prefix: string): boolean {
    return this.#byPrefix.has(prefix)
  }

  publish(prefix: string, changes: readonly Change[]): void {
    const subscribers = this.#byPrefix.get(prefix)
    if (subscribers === undefined) return
    const told = readable(changes)
    if (told.length > 0) for (const subscriber of subscribers) tell(subscriber, told)
  }

  /** The commits that changed `prefix` above `after`, up to the newest there is when the loop gets there. */
  replay(prefix: string, after: Revision): Iterable<readonly Change[]> {
    const reader = this.#reader
    reader.checkOpen()
    reader.checkNotCompacted(after)
    return { [Symbol.iterator]: () => replay(reader, prefix, after) }
  }
}

function* replay(reader: Reader, prefix: string, after: Revision): Generator<readonly Change[]> {
  for (let position = after; position < reader.revision; ) {
    reader.checkOpen()
    reader.checkNotCompacted(position)
    const entries = reader.logAfter(prefix, position, replayEntries)
    if (entries.length === 0) return
    for (let i = 0; i < entries.length; ) {
      reader.checkOpen()
      reader.checkNotCompacted(position)
      const { revision } = entries[i]!
      const changes: Change[] = []
      for (; entries[i]?.revision === revision; i++) changes.push(reader.change(entries[i]!))
      const told = readable(changes)
      if (told.length > 0) yield told
      position = revision
    }
  }
}

/** What cannot be read is not told of: it comes when it can be read again, as new. */
function readable(changes: readonly Change[]): readonly Change[] {
  const unreadable = ({ record, previous }: Change): boolean =>
    isUnreadable(record) || (previous !== undefined && isUnreadable(previous))
  if (!changes.some(unreadable)) return changes
  return changes.flatMap((change): Change[] => {
    const { record, previous } = change
    const before = previous === undefined || isUnreadable(previous) ? undefined : previous
    if (isUnreadable(record))
      return before === undefined
        ? []
        : [{ kind: 'deleted', record: atRevision(before, record.revision), previous: before }]
    return before === undefined ? [{ kind: 'created', record }] : [change]
  })
}

function tell(subscriber: Subscriber, changes: readonly Change[]): void {
  const { revision } = changes[0]!.record
  if (revision <= subscriber.position) return
  subscriber.position = revision
  try {
    subscriber.listener.changed(changes, revision)
  } catch (error) {
    // A listener's bug is no reason to keep the change from the others: it surfaces as an uncaught exception.
    queueMicrotask(() => {
      throw error
    })
  }
}
