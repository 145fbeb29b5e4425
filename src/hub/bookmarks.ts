import type { Clock } from '../store/index.js'
import type { Watcher } from './watcher.js'

const slots = 60

/**
 * One timer for all watchers that want bookmarks. Each belongs to one of 60 slots, drawn at random, and each tick serves
 * one slot: every watcher hears once in an interval and they do not all hear at once.
 */
export class Bookmarks {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #random: () => number
  readonly #tell: (watchers: ReadonlySet<Watcher>) => void
  readonly #slots: Set<Watcher>[] = Array.from({ length: slots }, () => new Set())
  #next = 0
  #watchers = 0
  #stop: (() => void) | undefined

  constructor(clock: Clock, intervalMs: number, random: () => number, tell: (watchers: ReadonlySet<Watcher>) => void) {
    this.#clock = clock
    this.#tickMs = intervalMs / slots
    this.#random = random
    this.#tell = tell
  }

  add(watcher: Watcher): void {
    watcher.slot = Math.floor(this.#random() * slots)
    this.#slots[watcher.slot]!.add(watcher)
    this.#watchers++
    this.#stop ??= this.#clock.every(this.#tickMs, () => this.#tick())
  }

  delete(watcher: Watcher): void {
    if (!this.#slots[watcher.slot]?.delete(watcher)) return
    this.#watchers--
    if (this.#watchers > 0) return
    this.#stop?.()
    this.#stop = undefined
  }

  #tick(): void {
    const slot = this.#slots[this.#next]!
    this.#next = (this.#next + 1) % slots
    if (slot.size > 0) this.#tell(slot)
  }
}
