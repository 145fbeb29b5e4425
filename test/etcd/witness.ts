import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, Kats } from './kats.js'

interface Seen {
  /** What the writer counts in it; -1 if nothing. */
  readonly number: number
  readonly revision: number
  readonly uid: string
  readonly live: boolean
}

/** Watches a collection through one server, whatever becomes of it, and says what was wrong with what it was told. */
export class Witness {
  readonly problems: string[] = []
  /** Where several changes of one object came as one: right only if etcd has forgotten what the server missed. */
  readonly gaps: string[] = []
  events = 0
  lists = 0
  cuts = 0
  readonly #seen = new Map<string, Seen>()
  #revision = 0
  #stopped = false
  #stop: () => void = () => undefined

  constructor(
    readonly name: string,
    readonly path: string,
    readonly server: () => Kats,
  ) {}

  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (this.#revision === 0) await this.#list()
        await this.#watch()
      } catch {
        // The server is away.
      }
      await sleep(100)
    }
  }

  /** Whether it has been told of this number, or of a later one. */
  knows(name: string, number: number): boolean {
    return (this.#seen.get(name)?.number ?? -2) >= number
  }

  /** Breaks the connection; it goes on where it was. */
  cut(): void {
    this.cuts++
    this.#stop()
  }

  end(): void {
    this.#stopped = true
    this.#stop()
  }

  async #list(): Promise<void> {
    const list = await this.server().ok('GET', this.path)
    this.lists++
    const revision = Number(list.metadata.resourceVersion)
    const names = new Set<string>()
    for (const object of list.items) {
      const seen = seenOf(object, true)
      const { name } = object.metadata
      names.add(name)
      const known = this.#seen.get(name)
      if (known !== undefined && seen.revision < known.revision)
        this.#problem(`${name}: a list goes back to revision ${seen.revision} from ${known.revision}`)
      if (known !== undefined && known.uid === seen.uid && seen.number < known.number)
        this.#problem(`${name}: a list goes back to ${seen.number} from ${known.number}`)
      this.#seen.set(name, seen)
    }
    for (const [name, known] of this.#seen) if (!names.has(name)) this.#seen.set(name, { ...known, live: false })
    this.#revision = revision
  }

  #watch(): Promise<void> {
    return new Promise((resolve) => {
      const path = `${this.path}?watch=true&resourceVersion=${this.#revision}&allowWatchBookmarks=true`
      this.#stop = this.server().watch(path, ({ type, object }) => this.#take(type, object), resolve)
      if (this.#stopped) this.#stop()
    })
  }

  #take(type: string, object: Answer['body']): void {
    if (type === 'ERROR') {
      // Too old: everything is listed again.
      if (object.code === 410) this.#revision = 0
      this.#stop()
      return
    }
    const revision = Number(object.metadata.resourceVersion)
    if (revision < this.#revision) this.#problem(`time goes back to ${revision} from ${this.#revision}`)
    this.#revision = Math.max(revision, this.#revision)
    if (type === 'BOOKMARK') return
    this.events++
    const { name } = object.metadata
    const seen = seenOf(object, type !== 'DELETED')
    const known = this.#seen.get(name)
    this.#seen.set(name, seen)
    if (known === undefined) {
      if (type !== 'ADDED') this.#problem(`${name}: ${type} of what was never added`)
      return
    }
    if (seen.revision <= known.revision) this.#problem(`${name}: revision ${revision} is told twice`)
    if (known.live === (type === 'ADDED')) this.#problem(`${name}: ${type} of what is ${known.live ? '' : 'not '}there`)
    if (type === 'ADDED') return
    if (known.uid !== seen.uid) this.#problem(`${name}: ${type} of an object that was never added`)
    if (type === 'DELETED') return
    if (seen.number < known.number) this.#problem(`${name}: goes back to ${seen.number} from ${known.number}`)
    if (seen.number > known.number + 1)
      this.gaps.push(`${this.name} ${name}: ${known.number} is followed by ${seen.number}`)
  }

  #problem(text: string): void {
    this.problems.push(`${this.name}: ${text}`)
  }
}

const seenOf = ({ metadata, data }: Answer['body'], live: boolean): Seen => ({
  number: Number(data?.number ?? -1),
  revision: Number(metadata.resourceVersion),
  uid: metadata.uid,
  live,
})
