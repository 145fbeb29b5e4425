import type { Revision } from '../store.js'
import { Convoy } from './convoy.js'

/** Questions under way at once: who comes behind the first need not wait until it is answered before his own is asked. */
const mostQuestions = 2
/** Askers whose question goes at once, and how long the first of them waits while others come, in milliseconds. */
const mostAskers = 32
const mostAskMs = 2

interface Question {
  readonly answer: Promise<void>
  readonly settle: (answer: Promise<void>) => void
  /** When it is sent at the latest, in milliseconds of the monotonic clock; 0: as soon as it can be. */
  due: number
  /** Nobody else is waited for. */
  isReady: boolean
  timer: NodeJS.Timeout | undefined
}

/**
 * One question to etcd for all who ask at once, or who may wait until somebody does. Who comes while one is on its way waits
 * for another: the answer of the first may be older than what he knows of.
 */
export class Freshness {
  readonly #ask: () => Promise<void>
  readonly #convoy = new Convoy(mostAskers, mostAskMs)
  #next: Question | undefined
  #running = 0

  /** @param ask asks for the newest revision and waits until it can be read here */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask
  }

  /** @param mayWaitMs so long the question may wait for others that ask; 0: while every turn of the event loop brings some */
  fresh(mayWaitMs = 0): Promise<void> {
    this.#next ??= question()
    const next = this.#next
    if (mayWaitMs > 0) this.#waitFor(next, mayWaitMs)
    else {
      const first = next.due > 0
      next.due = 0
      clearTimeout(next.timer)
      const departure = this.#convoy.join()
      if (first) void departure.then(() => this.#hurry(next))
    }
    return next.answer
  }

  #waitFor(next: Question, mayWaitMs: number): void {
    const due = performance.now() + mayWaitMs
    if (due >= next.due) return
    next.due = due
    clearTimeout(next.timer)
    next.timer = setTimeout(() => this.#hurry(next), mayWaitMs)
  }

  #hurry(waiting: Question): void {
    waiting.isReady = true
    this.#send()
  }

  #send(): void {
    const next = this.#next
    if (next === undefined || !next.isReady || this.#running >= mostQuestions) return
    this.#next = undefined
    this.#running++
    const run = this.#ask()
    next.settle(run)
    const done = (): void => {
      this.#running--
      this.#send()
    }
    run.then(done, done)
  }
}

function question(): Question {
  let settle: Question['settle'] = () => {}
  const answer = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { answer, settle, due: Infinity, isReady: false, timer: undefined }
}

interface Waiting {
  readonly revision: Revision
  readonly since: number
  readonly until: number
  resolve(arrived: boolean): void
}

const lookMs = 250
/** So long may what a stream brings be on its way before somebody asks whether it is alive. */
const doubtMs = 1_500

/** Who waits until a revision has arrived. One timer looks after all of them. */
export class Arrivals {
  readonly #doubt: () => void
  #waiting: Waiting[] = []
  #position: Revision = 0
  #timer: NodeJS.Timeout | undefined
  #doubted = 0

  /** @param doubt called when somebody has waited for long, again and again */
  constructor(doubt: () => void) {
    this.#doubt = doubt
  }

  get position(): Revision {
    return this.#position
  }

  reached(revision: Revision): void {
    this.#position = Math.max(revision, this.#position)
    if (this.#waiting.length === 0) return
    const left: Waiting[] = []
    for (const wait of this.#waiting) {
      if (wait.revision <= revision) wait.resolve(true)
      else left.push(wait)
    }
    this.#keep(left)
  }

  /** @returns whether it arrived within `timeoutMs` */
  wait(revision: Revision, timeoutMs: number): Promise<boolean> | true {
    if (revision <= this.#position) return true
    const since = Date.now()
    return new Promise((resolve) => {
      this.#waiting.push({ revision, since, until: since + timeoutMs, resolve })
      this.#timer ??= setInterval(() => this.#look(), lookMs)
    })
  }

  /** Nothing comes any more. */
  end(): void {
    const waiting = this.#waiting
    this.#keep([])
    for (const { resolve } of waiting) resolve(false)
  }

  #look(): void {
    const now = Date.now()
    const waiting = this.#waiting
    this.#keep(waiting.filter(({ until }) => now < until))
    for (const { until, resolve } of waiting) if (now >= until) resolve(false)
    const oldest = this.#waiting[0]
    if (oldest === undefined || now - Math.max(oldest.since, this.#doubted) < doubtMs) return
    this.#doubted = now
    this.#doubt()
  }

  #keep(waiting: Waiting[]): void {
    this.#waiting = waiting
    if (waiting.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
