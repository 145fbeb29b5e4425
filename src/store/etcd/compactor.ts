import type { Clock } from '../clock.js'
import type { Revision } from '../store.js'
import type { EtcdClient } from './client.js'
import { compareTarget } from './messages.js'

/** Under which all servers of an etcd agree who compacts. Outside of the prefix, as kube-apiserver has it. */
export const compactRevisionKey = 'compact_rev_key'

/**
 * Compacts etcd to what was its newest revision an interval ago. All servers try; the version of a key says whose turn it
 * was, so that it happens once an interval however many there are. The key's value is the revision compacted to.
 * Source: apiserver pkg/storage/etcd3/compact.go.
 */
export class Compactor {
  readonly #client: EtcdClient
  readonly #stop: () => void
  #version = 0
  /** The newest revision when the version was read. */
  #seen: Revision = 0
  #running = false

  constructor(client: EtcdClient, clock: Clock, intervalMs: number) {
    this.#client = client
    this.#stop = clock.every(intervalMs, () => {
      if (this.#running) return
      this.#running = true
      // etcd away, or somebody was faster by hand: the next interval tries again.
      this.turn()
        .catch(() => {})
        .finally(() => {
          this.#running = false
        })
    })
  }

  /** One attempt. @returns the revision compacted to; undefined if it was not our turn */
  async turn(): Promise<Revision | undefined> {
    const before = this.#seen
    const { header, succeeded, responses } = await this.#client.txn({
      compare: [{ target: compareTarget.version, key: compactRevisionKey, version: this.#version }],
      success: [{ put: { key: compactRevisionKey, value: Buffer.from(String(before)) } }],
      failure: [{ range: { key: compactRevisionKey } }],
    })
    this.#seen = header?.revision ?? 0
    if (!succeeded) {
      this.#version = responses[0]?.range?.kvs[0]?.version ?? 0
      return undefined
    }
    this.#version++
    // On the first turn there is nothing that is old enough.
    if (before === 0) return undefined
    await this.#client.compact({ revision: before })
    return before
  }

  close(): void {
    this.#stop()
  }
}
