// What tests of this folder share. Not part of the product.
import type { KubeObject } from '../api/index.js'
import type { RequestInfo, UserInfo } from '../http/index.js'
import type { FlowClock } from './clock.js'
import { FlowCounts } from './counts.js'
import { type Flow, flowOf } from './flow.js'
import { PriorityLevel } from './priority-level.js'
import { QueueSet, type Queuing } from './queue-set.js'

/** Time that stands still until it is told to go on. */
export class VirtualClock implements FlowClock {
  #now = 0
  #timers: { readonly at: number; readonly order: number; readonly callback: () => void }[] = []
  #order = 0

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, order: this.#order++, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }

  /** Runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)
      if (next === undefined) break
      this.#timers = this.#timers.filter((one) => one !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = end
  }
}

const nothing = (): void => {}

export const silentFlow = {
  waited: nothing,
  executed: nothing,
  seats: nothing,
  watchers: nothing,
  queueLength: nothing,
}

export const levelWith = (queuing: Queuing, limit: number, clock: FlowClock): PriorityLevel => {
  const after = (ms: number, callback: (now: number) => void) => void clock.after(ms, () => callback(clock.now()))
  const level = new PriorityLevel('level', new QueueSet(clock.now(), after, { changed: nothing, limits: nothing }))
  level.queuing = queuing
  level.queueSet.configure(queuing, clock.now())
  level.queueSet.setLimit(limit, Math.max(1, limit), clock.now())
  return level
}

export const flowIn = (level: PriorityLevel, distinguisher: string): Flow =>
  flowOf(
    {
      name: 'schema',
      uid: 'u',
      precedence: 1,
      distinguisher: 'ByUser',
      rules: [],
      level,
      counts: new FlowCounts(level.name, 'schema', silentFlow),
    },
    distinguisher,
  )

export const userNamed = (name: string, ...groups: string[]): UserInfo => ({
  name,
  groups: [...groups, 'system:authenticated'],
})

export const infoOf = (more: Partial<RequestInfo> = {}): RequestInfo => ({
  isResourceRequest: true,
  path: '/api/v1/namespaces/ns/pods/p',
  verb: 'get',
  apiPrefix: 'api',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: 'ns',
  resource: 'pods',
  subresource: '',
  name: 'p',
  parts: ['pods', 'p'],
  fieldSelector: '',
  labelSelector: '',
  ...more,
})

export const object = (name: string, spec: object): KubeObject => ({ metadata: { name, uid: `uid-${name}` }, spec })
