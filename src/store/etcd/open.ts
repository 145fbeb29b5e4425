import { type Clock, systemClock } from '../clock.js'
import { StoreError } from '../errors.js'
import { Replica } from '../replica/replica.js'
import type { Sealer } from '../sealer.js'
import { EtcdClient, type EtcdClientOptions } from './client.js'
import { EtcdStore } from './etcd-store.js'
import { Follower } from './follower.js'
import type { EtcdObserver } from './observer.js'
import { storeErrorOf } from './rpc-error.js'
import { StoredValues } from './stored-values.js'
import type { ValueForm } from './value-form.js'

export interface EtcdStoreOptions extends EtcdClientOptions {
  /** What all keys begin with, without a slash at its end. Default: "/registry". */
  readonly prefix?: string
  readonly form: ValueForm
  readonly sealer?: Sealer
  /** How often etcd is compacted to where it was an interval ago, by one of its servers; 0: never. Default: 5 minutes. */
  readonly compactionIntervalMs?: number
  /** How much longer than it should an object may live, so that leases can be shared. Default: 60. */
  readonly leaseReuseSeconds?: number
  /** How long a write or a fresh read waits for its revision to come back. Default: 10 seconds. */
  readonly patienceMs?: number
  readonly clock?: Clock
  readonly observer?: EtcdObserver
  /** How often the size of the database is asked for; 0: never. Default: 0. */
  readonly sizeIntervalMs?: number
}

/**
 * The store in an etcd v3 cluster that others may share. Resolves when everything there is has been read.
 *
 * @throws StoreError if etcd cannot be reached, Error if a URL or a file is not what it should be
 */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  const { prefix = '/registry', form, sealer, clock = systemClock } = options
  const client = EtcdClient.open(options)
  const values = new StoredValues(prefix, form, sealer)
  let replica: Replica | undefined
  let follower: Follower | undefined
  try {
    replica = await Replica.open(sealer !== undefined)
    follower = new Follower(client, replica, values, options.observer)
    await follower.open()
    return new EtcdStore(client, replica, follower, values, {
      compactionIntervalMs: options.compactionIntervalMs ?? 300_000,
      leaseReuseSeconds: options.leaseReuseSeconds ?? 60,
      patienceMs: options.patienceMs ?? 10_000,
      sizeIntervalMs: options.sizeIntervalMs ?? 0,
      clock,
      observer: options.observer,
    })
  } catch (error) {
    await follower?.close()
    client.close()
    await replica?.close()
    throw error instanceof StoreError ? error : storeErrorOf(error)
  }
}
