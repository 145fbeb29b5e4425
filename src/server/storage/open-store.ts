import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EtcdStore, openEtcdStore, openLmdbStore, type Store } from '../../store/index.js'
import type { ServerConfig } from '../config.js'

/** Whether the storage is well: each rejects with the reason if it is not. */
export interface StoreHealth {
  live(): Promise<void> | undefined
  ready(): Promise<void> | undefined
}

export interface OpenedStore {
  readonly store: Store
  readonly health: StoreHealth
  /** Of a store that nobody wants to see again. Called when it is closed. */
  removeData(): void
}

/** The store that the options ask for. Rejects if it cannot be opened. */
export function openStore(config: ServerConfig): Promise<OpenedStore> {
  return config.store.etcd.servers.length > 0 ? openEtcd(config) : openEmbedded(config)
}

async function openEmbedded({ store: { dataDir, fsync, compactionIntervalMs } }: ServerConfig): Promise<OpenedStore> {
  const temporary = dataDir === '' ? mkdtempSync(join(tmpdir(), 'kats-')) : undefined
  const removeData = () => {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  }
  try {
    const store = await openLmdbStore({ path: temporary ?? dataDir, fsync, compactionIntervalMs })
    const well = () => store.fresh()
    return { store, health: { live: well, ready: well }, removeData }
  } catch (error) {
    removeData()
    throw error
  }
}

async function openEtcd({ store: { prefix, compactionIntervalMs, etcd } }: ServerConfig): Promise<OpenedStore> {
  const { kubernetesValues } = await import('./value-form.js')
  const store: EtcdStore = await openEtcdStore({
    ...etcd,
    prefix,
    compactionIntervalMs,
    form: kubernetesValues(etcd.mediaType),
  })
  return {
    store,
    health: {
      live: () => store.probe(etcd.healthCheckTimeoutMs),
      ready: () => store.probe(etcd.readyCheckTimeoutMs),
    },
    removeData() {},
  }
}
