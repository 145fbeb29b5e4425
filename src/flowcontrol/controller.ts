import type { KubeObject } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import {
  type FlowSchemaSpec,
  mandatoryFlowSchemas,
  mandatoryPriorityLevels,
  type PriorityLevelSpec,
} from '../registry/index.js'
import { shareSeats } from './borrowing.js'
import { Classifier } from './classifier.js'
import type { FlowClock } from './clock.js'
import { FlowCounts, type FlowObserver } from './counts.js'
import type { FlowSchema } from './flow.js'
import { compileRules } from './matching.js'
import { PriorityLevel, queuingOf } from './priority-level.js'
import { type LevelObserver, QueueSet } from './queue-set.js'
import type { Ticket } from './ticket.js'
import type { WorkEstimate } from './work-estimate.js'

export interface FlowControllerOptions {
  /** Seats of the whole server: `--max-requests-inflight` and `--max-mutating-requests-inflight` together. */
  readonly serverSeats: number
  readonly clock: FlowClock
  readonly metrics?: FlowControlMetrics
}

/** Who is told what happens, one observer for each level and for each schema in a level. */
export interface FlowControlMetrics {
  level(name: string): LevelObserver
  flow(level: string, schema: string): FlowObserver
}

/** Whether a FlowSchema's level is there, as its status is to say. */
export interface DanglingCondition {
  readonly schema: string
  readonly type: 'Dangling'
  readonly status: 'True' | 'False'
  readonly reason: 'NotFound' | 'Found'
  readonly message: string
}

/** Estimates a request's work, once its schema and level are known. */
export interface Estimator {
  estimate(context: RequestContext, schema: FlowSchema): WorkEstimate
}

/**
 * Priority and fairness: takes in the configuration objects, finds the level and flow of each request, and shares the
 * server's seats out among the levels. Source: apiserver pkg/util/flowcontrol/apf_controller.go.
 */
export class FlowController {
  readonly #clock: FlowClock
  readonly #metrics: FlowControlMetrics
  readonly #serverSeats: number
  #levels = new Map<string, PriorityLevel>()
  /** Names of levels for which there are objects. */
  #asked: ReadonlySet<string> = new Set()
  #classifier: Classifier
  readonly #counts = new Map<string, FlowCounts>()
  #fairFraction = 0
  /** Called when a level that nobody wants any more has become idle: time to `digest` again. */
  onDrained: (() => void) | undefined

  constructor({ serverSeats, clock, metrics = unobserved }: FlowControllerOptions) {
    this.#clock = clock
    this.#metrics = metrics
    this.#serverSeats = serverSeats
    this.#classifier = this.#digest([], [])
  }

  /** By name, those that are on their way out among them. */
  get levels(): readonly PriorityLevel[] {
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Of every schema in every level it was ever in. */
  get counts(): Iterable<FlowCounts> {
    return this.#counts.values()
  }

  /** The part of demand that was met when seats were last shared out; 0 if they did not suffice for what was in use. */
  get fairFraction(): number {
    return this.#fairFraction
  }

  /** Requests that can wait, and that can execute at once, in all levels together. */
  get totals(): { readonly waiting: number; readonly executing: number } {
    let waiting = 0
    let executing = 0
    for (const { queuing, nominal } of this.#levels.values()) {
      if (queuing.queues > 0) waiting += queuing.queues * queuing.queueLengthLimit
      executing += nominal
    }
    return { waiting, executing }
  }

  now(): number {
    return this.#clock.now()
  }

  /**
   * Takes over all PriorityLevelConfigurations and FlowSchemas there are. Objects that cannot be worked with count as if they
   * were not there, schemas of such levels are not used, and the mandatory objects hold even where they are missing.
   *
   * @returns what the schemas' status should say
   */
  digest(levels: readonly KubeObject[], schemas: readonly KubeObject[]): DanglingCondition[] {
    this.#classifier = this.#digest(levels, schemas)
    return schemas.map(({ metadata: { name = '' }, spec }) => {
      const level = (spec as FlowSchemaSpec | undefined)?.priorityLevelConfiguration?.name ?? ''
      return danglingCondition(name, level, this.#asked.has(level))
    })
  }

  /** Classifies a request and lets it in, lets it wait or refuses it: look at the ticket's state. */
  start(context: RequestContext, estimator: Estimator): Ticket {
    const { info } = context
    const user = context.user!
    const flow = this.#classifier.classify(user, info)
    const { schema, level } = flow
    const work = estimator.estimate(context, schema)
    const { observer } = schema.counts
    observer.seats(Math.max(work.initialSeats, work.finalSeats))
    const ticket = level.queueSet.start(flow, work, this.#clock.now(), user, info)
    if (ticket.state !== 'waiting' && !level.isExempt) observer.waited(0, ticket.state === 'executing')
    return ticket
  }

  /**
   * To be called once for each ticket that executes, when its request is done (a watch: when it has begun).
   *
   * @returns the time, milliseconds of the clock
   */
  finish(ticket: Ticket): number {
    const { level, schema } = ticket.flow
    const now = this.#clock.now()
    schema.counts.observer.executed((now - ticket.startedAt) / 1000, ticket.info.verb === 'watch')
    level.queueSet.finish(ticket, now)
    return now
  }

  /** Calls back when the ticket's turn has come (true), or when it was refused after all (false). */
  wait(ticket: Ticket, settled: (execute: boolean) => void): void {
    ticket.onStart = () => {
      this.#waited(ticket, true)
      settled(true)
    }
  }

  /** Gives up waiting. Nothing happens to a ticket that does not wait. */
  cancel(ticket: Ticket): void {
    if (ticket.state !== 'waiting') return
    ticket.onStart = undefined
    ticket.flow.level.queueSet.cancel(ticket, this.#clock.now())
    this.#waited(ticket, false)
  }

  /** Shares the seats out anew, by what levels wanted since this was last called. Every ten seconds. */
  adjust(): void {
    this.#fairFraction = shareSeats([...this.#levels.values()], this.#serverSeats, this.#clock.now())
  }

  #waited({ arrivedAt, flow }: Ticket, executed: boolean): void {
    flow.schema.counts.observer.waited((this.#clock.now() - arrivedAt) / 1000, executed)
  }

  #digest(objects: readonly KubeObject[], schemas: readonly KubeObject[]): Classifier {
    const now = this.#clock.now()
    const levels = new Map<string, PriorityLevel>()
    const fresh = new Set<PriorityLevel>()
    const use = (name: string, uid: string, spec: PriorityLevelSpec): void => {
      const queuing = queuingOf(name, spec)
      if (queuing === undefined) return
      let level = this.#levels.get(name)
      if (level === undefined) {
        level = this.#newLevel(name, now)
        fresh.add(level)
      }
      level.uid = uid
      level.spec = spec
      level.queuing = queuing
      level.isQuiescing = false
      level.queueSet.onIdle = undefined
      levels.set(name, level)
    }
    for (const { metadata, spec } of objects) use(metadata.name ?? '', metadata.uid ?? '', spec ?? {})
    this.#asked = new Set(levels.keys())
    for (const [name, spec] of mandatoryPriorityLevels) if (!levels.has(name)) use(name, '', spec)
    this.#keepBusy(levels)

    let shareSum = 0
    for (const level of levels.values()) shareSum += level.shares
    for (const level of levels.values()) {
      level.setNominal(this.#serverSeats, shareSum)
      level.queueSet.configure(level.queuing, now)
      if (fresh.has(level)) level.current = level.nominal - Math.floor((level.nominal - level.min) / 2)
    }
    this.#levels = levels
    this.#fairFraction = shareSeats([...levels.values()], this.#serverSeats, now)
    return new Classifier(this.#schemasOf(schemas, levels))
  }

  /** Levels that nobody asks for stay until their last request is done. */
  #keepBusy(levels: Map<string, PriorityLevel>): void {
    for (const [name, level] of this.#levels) {
      if (levels.has(name) || level.queueSet.isIdle) continue
      level.isQuiescing = true
      level.queueSet.onIdle = () => this.onDrained?.()
      levels.set(name, level)
    }
  }

  #schemasOf(objects: readonly KubeObject[], levels: ReadonlyMap<string, PriorityLevel>): FlowSchema[] {
    const used: FlowSchema[] = []
    const use = (name: string, uid: string, spec: FlowSchemaSpec): FlowSchema => {
      const level = levels.get(spec.priorityLevelConfiguration?.name ?? '')!
      const type = spec.distinguisherMethod?.type
      return {
        name,
        uid,
        precedence: spec.matchingPrecedence ?? 0,
        distinguisher: type === 'ByUser' || type === 'ByNamespace' ? type : undefined,
        rules: compileRules(spec.rules),
        level,
        counts: this.#countsOf(level.name, name),
      }
    }
    for (const { metadata, spec } of objects) {
      const own = (spec ?? {}) as FlowSchemaSpec
      if (this.#asked.has(own.priorityLevelConfiguration?.name ?? ''))
        used.push(use(metadata.name ?? '', metadata.uid ?? '', own))
    }
    used.sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1))
    const missing = (name: string): FlowSchema[] =>
      used.some((schema) => schema.name === name) ? [] : [use(name, '', mandatoryFlowSchemas.get(name)!)]
    return [...missing('exempt'), ...used, ...missing('catch-all')]
  }

  #newLevel(name: string, now: number): PriorityLevel {
    const after = (ms: number, callback: (at: number) => void): void => {
      this.#clock.after(ms, () => callback(this.#clock.now()))
    }
    const { turn } = this.#clock
    const inTurn = turn && ((callback: (at: number) => void): void => turn(() => callback(this.#clock.now())))
    return new PriorityLevel(name, new QueueSet(now, after, this.#metrics.level(name), inTurn))
  }

  #countsOf(level: string, schema: string): FlowCounts {
    const key = `${level}/${schema}`
    let counts = this.#counts.get(key)
    if (counts === undefined) {
      counts = new FlowCounts(level, schema, this.#metrics.flow(level, schema))
      this.#counts.set(key, counts)
    }
    return counts
  }
}

function danglingCondition(schema: string, level: string, found: boolean): DanglingCondition {
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
  return found
    ? { schema, type: 'Dangling', status: 'False', reason: 'Found', message: `${message} and it exists` }
    : {
        schema,
        type: 'Dangling',
        status: 'True',
        reason: 'NotFound',
        message: `${message} but there is no such object`,
      }
}

const nothing = (): void => {}
const unobserved: FlowControlMetrics = {
  level: () => ({ changed: nothing, limits: nothing }),
  flow: () => ({
    waited: nothing,
    executed: nothing,
    seats: nothing,
    watchers: nothing,
    queueLength: nothing,
  }),
}
