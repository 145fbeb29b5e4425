import { ApiError, type KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { aggregate } from '../aggregate.js'

export interface EventLimit {
  readonly type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject'
  /** Events a second. */
  readonly qps: number
  /** Events at once. */
  readonly burst: number
  /** How many namespaces, users or sources are told apart; those heard of least lately start anew. 0: 4,096. */
  readonly cacheSize: number
}

const defaultCacheSize = 4096

/**
 * Limits how many events are taken in.
 *
 * @param now milliseconds
 * @see kubernetes plugin/pkg/admission/eventratelimit
 */
export function eventRateLimit(limits: readonly EventLimit[], now: () => number): AdmissionPlugin {
  const enforced = limits.map((limit) => ({ limit, buckets: new Buckets(limit, now) }))
  return {
    name: 'EventRateLimit',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { kind, dryRun } = attributes
      if (kind.group !== '' || kind.kind !== 'Event' || dryRun) return
      const reached: string[] = []
      for (const { limit, buckets } of enforced) {
        const key = keyOf(limit.type, attributes)
        if (!buckets.take(key)) reached.push(`limit reached on type ${limit.type} for key ${key}`)
      }
      if (reached.length > 0) throw new ApiError('TooManyRequests', `Too many requests: ${aggregate(reached)}`)
    },
  }
}

function keyOf(type: EventLimit['type'], { namespace, user, object }: AdmissionAttributes): string {
  switch (type) {
    case 'Server':
      return ''
    case 'Namespace':
      return namespace
    case 'User':
      return user?.name ?? ''
    case 'SourceAndObject':
      return object === undefined ? '' : sourceAndObject(object)
  }
}

/** Stored events are of core/v1 or have its fields under newer names. */
function sourceAndObject(event: KubeObject): string {
  const source = event.source ?? event.deprecatedSource ?? {}
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject ?? event.regarding ?? {}
  return [source.component, source.host, kind, namespace, name, uid, apiVersion].map((part) => part ?? '').join('')
}

/** Token buckets, full at first. */
class Buckets {
  readonly #limit: EventLimit
  readonly #now: () => number
  /** The bucket asked for last is the last one. */
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(limit: EventLimit, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  take(key: string): boolean {
    const { qps, burst, cacheSize } = this.#limit
    const now = this.#now()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > (cacheSize || defaultCacheSize)) this.#buckets.delete(this.#buckets.keys().next().value!)
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * qps)
    bucket.at = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
