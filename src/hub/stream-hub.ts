import type { Change, ChangeListener, Revision, Store, Subscription } from '../store/index.js'
import type { Replays } from './replays.js'
import { BookmarkEvent, SharedChange, type WatchEvent } from './watch-event.js'
import { parentOf, type QueueLimits, type Stream, type Watcher } from './watcher.js'

/** Watchers who select no further share one array of events; the others are asked one by one. */
interface Group {
  readonly plain: Set<Watcher>
  readonly selective: Set<Watcher>
}

/** Fans the changes of one prefix out. There is one subscription to the store, however many watchers. */
export class StreamHub implements Stream, ChangeListener {
  readonly limits: QueueLimits
  readonly #prefix: string
  readonly #store: Store
  readonly #replays: Replays
  readonly #left: (watcher: Watcher) => void
  readonly #all: Group = newGroup()
  readonly #byParent = new Map<string, Group>()
  readonly #byKey = new Map<string, Group>()
  readonly #watchers = new Set<Watcher>()
  #subscription: Subscription
  #pending: SharedChange[] = []
  #told: Revision
  /** The last bookmark made, for all who are told of the same revision. */
  #bookmark: BookmarkEvent | undefined

  constructor(prefix: string, store: Store, limits: QueueLimits, replays: Replays, left: (watcher: Watcher) => void) {
    this.#prefix = prefix
    this.#store = store
    this.limits = limits
    this.#replays = replays
    this.#left = left
    this.#told = store.revision
    this.#subscription = store.changes(prefix, this.#told, this)
  }

  get watchers(): ReadonlySet<Watcher> {
    return this.#watchers
  }

  /** Throws Compacted if the watcher's position is below the horizon. */
  add(watcher: Watcher): void {
    if (watcher.position < this.#store.revision) this.#startReplay(watcher)
    else this.#join(watcher)
    this.#watchers.add(watcher)
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    this.#replays.delete(watcher)
    const group = this.#groupOf(watcher)
    group?.plain.delete(watcher)
    group?.selective.delete(watcher)
    if (group !== undefined && group.plain.size === 0 && group.selective.size === 0) {
      if (watcher.key !== undefined) this.#byKey.delete(watcher.key)
      else if (watcher.within !== undefined) this.#byParent.delete(watcher.within)
    }
    this.#left(watcher)
  }

  replay(watcher: Watcher): void {
    this.#replays.add(watcher, () => this.#replaySome(watcher))
  }

  changed(changes: readonly Change[]): void {
    // Commits of one turn go out together.
    if (this.#pending.length === 0) queueMicrotask(() => this.deliver())
    for (const change of changes) this.#pending.push(new SharedChange(change))
  }

  lost(): void {
    // The subscription is off, but the log is there: all watchers read on from where they stand.
    this.deliver()
    const told = this.#told
    this.#told = this.#store.revision
    this.#subscription = this.#store.changes(this.#prefix, this.#told, this)
    for (const group of [this.#all, ...this.#byParent.values(), ...this.#byKey.values()]) {
      group.plain.clear()
      group.selective.clear()
    }
    for (const watcher of this.#watchers) {
      if (watcher.history !== undefined) continue
      watcher.position = Math.max(watcher.position, told)
      try {
        this.#startReplay(watcher)
      } catch {
        watcher.end('lost')
      }
    }
  }

  deliver(): Revision {
    const changes = this.#pending
    if (changes.length > 0) {
      this.#pending = []
      this.#told = changes.at(-1)!.revision
      this.#fanOut(changes, this.#told)
    }
    return this.#store.revision
  }

  tellBookmark(watcher: Watcher): void {
    const revision = Math.max(this.deliver(), watcher.position)
    if (watcher.full || watcher.history !== undefined) return
    if (this.#bookmark?.revision !== revision) this.#bookmark = new BookmarkEvent(revision, false)
    watcher.tell([this.#bookmark])
  }

  close(): void {
    this.#subscription.close()
  }

  #fanOut(changes: readonly SharedChange[], last: Revision): void {
    this.#tellGroup(this.#all, changes, last)
    if (this.#byParent.size > 0) this.#tellGroups(this.#byParent, changes, last, parentOf)
    if (this.#byKey.size > 0) this.#tellGroups(this.#byKey, changes, last, (key) => key)
  }

  #tellGroups(
    groups: Map<string, Group>,
    changes: readonly SharedChange[],
    last: Revision,
    nameOf: (key: string) => string,
  ): void {
    const mine = new Map<Group, SharedChange[]>()
    for (const change of changes) {
      const group = groups.get(nameOf(change.key))
      if (group === undefined) continue
      const list = mine.get(group)
      if (list === undefined) mine.set(group, [change])
      else list.push(change)
    }
    for (const [group, list] of mine) this.#tellGroup(group, list, last)
  }

  #tellGroup(group: Group, changes: readonly SharedChange[], last: Revision): void {
    if (group.plain.size > 0) {
      const first = changes[0]!.revision
      const shared: readonly WatchEvent[] = changes.map((change) => change.event)
      for (const watcher of group.plain) {
        // Who joined in the midst of these, or from the future, has its own part of them.
        const events = watcher.position < first ? shared : watcher.select(changes)
        watcher.position = Math.max(watcher.position, last)
        watcher.tell(events)
      }
    }
    for (const watcher of group.selective) {
      const events = watcher.select(changes)
      watcher.position = Math.max(watcher.position, last)
      watcher.tell(events)
    }
  }

  #startReplay(watcher: Watcher): void {
    watcher.history = this.#store.replay(this.#prefix, watcher.position)[Symbol.iterator]()
    this.replay(watcher)
  }

  /** One step of a watcher's history. @returns whether there is more to do now */
  #replaySome(watcher: Watcher): boolean {
    const { history } = watcher
    if (watcher.isEnded || watcher.full || history === undefined) return false
    const events: WatchEvent[] = []
    try {
      for (let commits = 0; commits < commitsPerStep; commits++) {
        const step = history.next()
        if (step.done) {
          // Same turn: nothing can be published between the last look at the log and joining the live ones.
          watcher.position = Math.max(watcher.position, this.#store.revision)
          watcher.tell(events)
          if (watcher.isEnded) return false
          this.#join(watcher)
          watcher.caughtUp()
          return false
        }
        events.push(...watcher.select(step.value.map((change) => new SharedChange(change))))
        watcher.position = step.value[0]!.record.revision
      }
    } catch {
      // Compacted meanwhile, or the store was closed.
      watcher.end('lost')
      return false
    }
    watcher.tell(events)
    return !watcher.full
  }

  #join(watcher: Watcher): void {
    const group = this.#groupOf(watcher) ?? this.#newGroupFor(watcher)
    if (watcher.matches === undefined) group.plain.add(watcher)
    else group.selective.add(watcher)
  }

  #groupOf(watcher: Watcher): Group | undefined {
    if (watcher.key !== undefined) return this.#byKey.get(watcher.key)
    return watcher.within === undefined ? this.#all : this.#byParent.get(watcher.within)
  }

  #newGroupFor(watcher: Watcher): Group {
    const group = newGroup()
    if (watcher.key !== undefined) this.#byKey.set(watcher.key, group)
    else this.#byParent.set(watcher.within!, group)
    return group
  }
}

const commitsPerStep = 32

const newGroup = (): Group => ({ plain: new Set(), selective: new Set() })
