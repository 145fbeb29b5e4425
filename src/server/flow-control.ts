import { ApiError, type KubeObject, rfc3339 } from '../api/index.js'
import { priorityAndFairness } from '../filters/index.js'
import {
  type DanglingCondition,
  FlowController,
  type ResourceStats,
  systemClock,
  WatchTracker,
  WorkEstimator,
} from '../flowcontrol/index.js'
import type { Filter, RequestContext } from '../http/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { prefixRange } from '../store/index.js'
import { follow, together } from './follow.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'
import { FlowMetrics, type Metric } from './metrics/index.js'

export interface FlowControlParts {
  /** Seats of the whole server. */
  readonly serverSeats: number
  readonly requestTimeoutMs: number
  readonly registries: ReadonlyMap<string, GenericRegistry>
  readonly loopback: Loopback
  readonly log: Logger
  enabled(gate: string): boolean
  onRefused(context: RequestContext): void
  random(): number
}

/** Priority and fairness of a server: its filter, and the configuration that it keeps up with. */
export interface FlowControl {
  readonly controller: FlowController
  readonly filter: Filter
  readonly metrics: readonly Metric[]
  /** From now on the status of FlowSchemas is written and seats are shared out anew every ten seconds. */
  start(signal: AbortSignal): void
  close(): void
}

export const flowControlGroup = 'flowcontrol.apiserver.k8s.io'
const schemas = `${flowControlGroup}/flowschemas`
const levels = `${flowControlGroup}/prioritylevelconfigurations`
const adjustMs = 10_000

export function flowControl(parts: FlowControlParts): FlowControl {
  const { registries, loopback, requestTimeoutMs, onRefused } = parts
  const metrics = new FlowMetrics(() => systemClock.now())
  const controller = new FlowController({ serverSeats: parts.serverSeats, clock: systemClock, metrics })
  const kinds = metrics.kinds(controller)
  const watches = new WatchTracker()
  const estimator = new WorkEstimator({
    stats: resourceStats(registries),
    watches,
    sizeBasedListCostEstimate: parts.enabled('SizeBasedListCostEstimate'),
    watchList: parts.enabled('WatchList'),
  })
  const config = { levels: new Map<string, KubeObject>(), schemas: new Map<string, KubeObject>() }
  const statuses = new StatusWriter(loopback, parts.log, parts.random)
  let isDue = false
  let isClosed = false
  const digest = (): void => {
    isDue = false
    if (isClosed) return
    statuses.want(controller.digest([...config.levels.values()], [...config.schemas.values()]), config.schemas)
    kinds.limits()
  }
  /** Changes that come together are taken in together. */
  const later = (): void => {
    if (isDue) return
    isDue = true
    setImmediate(digest)
  }
  controller.onDrained = later
  const feed = together(
    (
      [
        ['levels', levels],
        ['schemas', schemas],
      ] as const
    ).flatMap(([kind, resource]) => {
      const registry = registries.get(resource)
      if (registry === undefined) return []
      return follow(registry, {
        set(object) {
          config[kind].set(object.metadata.name ?? '', object)
          later()
        },
        delete(_namespace, name) {
          config[kind].delete(name)
          later()
        },
      })
    }),
  )
  digest()
  return {
    controller,
    filter: priorityAndFairness({
      controller,
      estimator,
      watches,
      requestTimeoutMs,
      onRefused,
      onChange: (phase, mutating, change, now) => kinds.changed(phase, mutating, change, now),
    }),
    metrics: metrics.all(controller),
    start(signal) {
      statuses.start(signal)
      const timer = setInterval(() => controller.adjust(), adjustMs)
      timer.unref()
      signal.addEventListener('abort', () => clearInterval(timer), { once: true })
    },
    close() {
      isClosed = true
      feed.close()
    },
  }
}

/** Most often that one schema's status is written within a minute; more means that somebody else writes it too. */
const mostWrites = 6
const minute = 60_000

/** Keeps the Dangling condition of FlowSchemas true. */
class StatusWriter {
  readonly #loopback: Loopback
  readonly #log: Logger
  readonly #random: () => number
  #wanted = new Map<string, DanglingCondition>()
  #written = new Map<string, number[]>()
  #stored: ReadonlyMap<string, KubeObject> = new Map()
  #signal: AbortSignal | undefined
  #isBusy = false
  #isChanged = false

  constructor(loopback: Loopback, log: Logger, random: () => number) {
    this.#loopback = loopback
    this.#log = log
    this.#random = random
  }

  want(conditions: readonly DanglingCondition[], stored: ReadonlyMap<string, KubeObject>): void {
    this.#wanted = new Map(conditions.map((condition) => [condition.schema, condition]))
    this.#stored = stored
    this.#isChanged = true
    void this.#write()
  }

  start(signal: AbortSignal): void {
    this.#signal = signal
    void this.#write()
  }

  async #write(): Promise<void> {
    if (this.#isBusy || this.#signal === undefined) return
    this.#isBusy = true
    let isLate = false
    try {
      do {
        this.#isChanged = false
        if (this.#signal.aborted) return
        const stale = [...this.#wanted].filter(([name, condition]) => !this.#isWell(name, condition))
        const due = stale.filter(([name]) => this.#writesOf(name).length < mostWrites)
        isLate = due.length < stale.length
        // All at once: they share a commit.
        await Promise.all(due.map(([name, condition]) => this.#apply(name, condition)))
      } while (this.#isChanged)
    } finally {
      this.#isBusy = false
    }
    if (isLate) this.#again((30 + Math.floor(this.#random() * 45)) * 1000)
  }

  #isWell(name: string, { type, status, reason, message }: DanglingCondition): boolean {
    const conditions = (this.#stored.get(name)?.status?.conditions ?? []) as readonly Record<string, unknown>[]
    const found = conditions.find((one) => one.type === type)
    return found !== undefined && found.status === status && found.reason === reason && found.message === message
  }

  async #apply(name: string, { type, status, reason, message }: DanglingCondition): Promise<void> {
    this.#writesOf(name).push(Date.now())
    const condition = { type, status, lastTransitionTime: rfc3339(this.#loopback.now()), reason, message }
    try {
      await this.#loopback.applyStatus(schemas, name, { conditions: [condition] }, consumer)
    } catch (error) {
      // Gone meanwhile: it has no status to write.
      if (error instanceof ApiError && error.reason === 'NotFound') return
      this.#log.error(error, 'The status of a FlowSchema could not be written', { name })
      this.#again(1000)
    }
  }

  #writesOf(name: string): number[] {
    const since = Date.now() - minute
    const recent = (this.#written.get(name) ?? []).filter((at) => at > since)
    this.#written.set(name, recent)
    for (const known of this.#written.keys()) if (!this.#wanted.has(known)) this.#written.delete(known)
    return recent
  }

  #again(afterMs: number): void {
    setTimeout(() => void this.#write(), afterMs).unref()
  }
}

const consumer = 'api-priority-and-fairness-config-consumer-v1'

const statsMs = 60_000
const sample = 32

/** How many objects a resource has and how large the first of them are, looked up at most once a minute. */
function resourceStats(registries: ReadonlyMap<string, GenericRegistry>) {
  const known = new Map<string, { readonly at: number; readonly stats: ResourceStats }>()
  return (group: string, resource: string): ResourceStats | undefined => {
    const key = `${group}/${resource}`
    const found = known.get(key)
    const now = performance.now()
    if (found !== undefined && now - found.at < statsMs) return found.stats
    const registry = registries.get(key)
    if (registry === undefined) {
      known.delete(key)
      return undefined
    }
    const range = prefixRange(registry.prefix)
    const { store } = registry.environment
    let bytes = 0
    let looked = 0
    for (const { value } of store.scan(range, { limit: sample })) {
      bytes += value.length
      looked++
    }
    const objects = looked < sample ? looked : store.count(range)
    const stats = { objects, averageBytes: looked === 0 ? 0 : Math.ceil(bytes / looked) }
    known.set(key, { at: now, stats })
    return stats
  }
}
