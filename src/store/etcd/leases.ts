import { randomInt } from 'node:crypto'
import type { EtcdClient } from './client.js'
import type { EtcdObserver } from './observer.js'

/** Objects of one lease: with more of them its end takes etcd too long. Source: apiserver pkg/storage/etcd3/lease_manager.go. */
const mostObjects = 1_000
const extraShare = 0.05

interface Lease {
  readonly id: number
  readonly expiresAt: number
  objects: number
}

/**
 * Leases for objects that expire, shared by those that do so at about the same time: one lease lives a little longer than
 * what it is asked for and is given out again until that little is over.
 */
export class Leases {
  readonly #client: Pick<EtcdClient, 'grant'>
  readonly #reuseSeconds: number
  readonly #now: () => number
  readonly #observer: EtcdObserver | undefined
  /** By the time that is asked for: what lives for seconds has no share in what lives for an hour. */
  readonly #leases = new Map<number, Promise<Lease>>()

  /** @param reuseSeconds at most so much longer does an object live than it should */
  constructor(client: Pick<EtcdClient, 'grant'>, reuseSeconds: number, now: () => number, observer?: EtcdObserver) {
    this.#observer = observer
    this.#client = client
    this.#reuseSeconds = reuseSeconds
    this.#now = now
  }

  /** The id of a lease that ends in `ttlSeconds` or a little later. */
  async get(ttlSeconds: number, signal?: AbortSignal): Promise<number> {
    const end = this.#now() + ttlSeconds * 1_000
    const extraMs = this.#extraSeconds(ttlSeconds) * 1_000
    for (let asked = this.#leases.get(ttlSeconds); asked !== undefined; asked = this.#leases.get(ttlSeconds)) {
      const known = await asked.catch(() => undefined)
      if (
        known !== undefined &&
        known.expiresAt >= end &&
        known.expiresAt <= end + extraMs &&
        known.objects < mostObjects
      ) {
        known.objects++
        return known.id
      }
      // Somebody who found the same may have asked for another one meanwhile.
      if (this.#leases.get(ttlSeconds) === asked) {
        if (known !== undefined) this.#observer?.lease(known.objects)
        break
      }
    }
    const granting = this.#grant(ttlSeconds, signal)
    this.#leases.set(ttlSeconds, granting)
    granting.catch(() => {
      if (this.#leases.get(ttlSeconds) === granting) this.#leases.delete(ttlSeconds)
    })
    const lease = await granting
    lease.objects++
    return lease.id
  }

  /** etcd has ended it before its time, or has forgotten it. */
  forget(): void {
    this.#leases.clear()
  }

  #extraSeconds(ttlSeconds: number): number {
    return Math.min(Math.floor(ttlSeconds * extraShare), this.#reuseSeconds)
  }

  async #grant(ttlSeconds: number, signal: AbortSignal | undefined): Promise<Lease> {
    const ttl = Math.ceil(ttlSeconds) + this.#extraSeconds(ttlSeconds)
    const id = randomInt(1, 2 ** 48 - 1)
    const expiresAt = this.#now() + ttl * 1_000
    await this.#client.grant({ id, ttl }, { signal })
    return { id, expiresAt, objects: 0 }
  }
}
