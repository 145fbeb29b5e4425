import type { Watcher } from './watcher.js'

/** Time for reading history within one turn of the event loop. One step more may begin just before it is over. */
const turnMs = 5

/** Watchers that read history take turns, so that neither a long history nor many readers hold the event loop. */
export class Replays {
  /** Each does one step and tells whether there is more to do. */
  readonly #steps = new Map<Watcher, () => boolean>()
  #scheduled = false

  add(watcher: Watcher, step: () => boolean): void {
    this.#steps.set(watcher, step)
    this.#schedule()
  }

  delete(watcher: Watcher): void {
    this.#steps.delete(watcher)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#run()
    })
  }

  #run(): void {
    const end = performance.now() + turnMs
    // Who is put back comes last, and is visited again within the same loop.
    for (const [watcher, step] of this.#steps) {
      this.#steps.delete(watcher)
      if (step()) this.#steps.set(watcher, step)
      if (performance.now() >= end) break
    }
    if (this.#steps.size > 0) this.#schedule()
  }
}
