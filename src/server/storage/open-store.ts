import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { featureGates } from '../../api/index.js'
import { type EmbeddedStore, type EtcdStore, openEtcdStore, openLmdbStore, type Store } from '../../store/index.js'
import { effectiveVersions } from '../config/effective-versions.js'
import { etcdOverrides, placeOf } from '../config/etcd-overrides.js'
import type { ServerConfig } from '../config.js'
import type { Encryption } from '../encryption/encryption.js'
import type { HealthCheck } from '../health.js'
import type { Metric } from '../metrics/series.js'
import { storedResources } from './stored-resources.js'

/** Whether the storage is well: each rejects with the reason if it is not. */
export interface StoreHealth {
  live(): Promise<void> | undefined
  ready(): Promise<void> | undefined
  /** Of what encrypts it; a server whose plugin is away is alive. */
  readonly sealing: readonly HealthCheck[]
  /** Of the stores of some resources. */
  readonly more: readonly HealthCheck[]
  /** Likewise, of readiness alone. */
  readonly moreReadiness: readonly HealthCheck[]
}

export interface OpenedStore {
  readonly store: Store
  /** The same one, if it is embedded. */
  readonly embedded?: EmbeddedStore
  /** Where some prefixes lie that are not in the store. */
  readonly others: ReadonlyMap<string, Store>
  readonly health: StoreHealth
  readonly metrics: readonly Metric[]
  /** Closes the store, and removes the data that nobody wants to see again. */
  release(): Promise<void>
}

/** The store that the options ask for. Rejects if it cannot be opened. */
export async function openStore(config: ServerConfig): Promise<OpenedStore> {
  const encryption = await openEncryption(config)
  try {
    const opened = await (config.store.etcd.servers.length > 0
      ? openEtcd(config, encryption)
      : openEmbedded(config, encryption))
    return {
      ...opened,
      async release() {
        await opened.release()
        encryption?.close()
      },
    }
  } catch (error) {
    encryption?.close()
    throw error
  }
}

async function openEncryption({
  store,
  environment,
  logs,
  features,
  generic,
}: ServerConfig): Promise<Encryption | undefined> {
  if (store.encryptionConfigFile === '') return undefined
  const { Encryption } = await import('../encryption/encryption.js')
  return Encryption.open({
    file: store.encryptionConfigFile,
    reload: store.encryptionConfigReload,
    prefix: store.etcd.servers.length > 0 ? store.prefix : '/registry',
    now: environment.now,
    allowsV1: featureGates(features.gates, effectiveVersions(generic).emulated).enabled('KMSv1'),
    isRemote: store.etcd.servers.length > 0,
    log: logs.logger,
  })
}

async function openEmbedded(config: ServerConfig, encryption: Encryption | undefined): Promise<OpenedStore> {
  const { dataDir, fsync, compactionIntervalMs } = config.store
  const temporary = dataDir === '' ? mkdtempSync(join(tmpdir(), 'kats-')) : undefined
  const removeData = () => {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  }
  try {
    const path = temporary ?? dataDir
    const sealing = encryption === undefined ? {} : { sealer: encryption.sealer }
    const store = await openLmdbStore({ path, fsync, compactionIntervalMs, ...sealing })
    const well = () => store.fresh()
    return {
      store,
      embedded: store,
      others: new Map(),
      health: { live: well, ready: well, sealing: encryption?.checks ?? [], more: [], moreReadiness: [] },
      metrics: [],
      async release() {
        await store.close()
        removeData()
      },
    }
  } catch (error) {
    removeData()
    throw error
  }
}

async function openEtcd(config: ServerConfig, encryption: Encryption | undefined): Promise<OpenedStore> {
  const { prefix, compactionIntervalMs, etcd } = config.store
  const [{ kubernetesValues }, { EtcdMetrics }] = await Promise.all([
    import('./value-form.js'),
    import('../metrics/etcd-metrics.js'),
  ])
  const metrics = new EtcdMetrics(storedResources())
  const opened: EtcdStore[] = []
  const open = async (servers: readonly string[]): Promise<EtcdStore> => {
    const store = await openEtcdStore({
      ...etcd,
      servers,
      dial: config.egress.dialers.etcd,
      prefix,
      compactionIntervalMs,
      form: kubernetesValues(etcd.mediaType, effectiveVersions(config.generic).minCompatibility),
      observer: metrics,
      sizeIntervalMs: opened.length === 0 ? etcd.sizePollIntervalMs : 0,
      ...(encryption === undefined ? {} : { sealer: encryption.sealer }),
    })
    opened.push(store)
    // etcd away: it is tried again by itself.
    encryption?.onChange(() => void store.readAgain().catch(() => {}))
    return store
  }
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((store) => store.close()))
  }
  try {
    const store = await open(etcd.servers)
    const byServers = new Map<string, EtcdStore>()
    const others = new Map<string, Store>()
    for (const { prefix: stream, servers } of etcdOverrides(etcd.overrides)) {
      const name = placeOf(servers)
      const other = byServers.get(name) ?? (await open(servers))
      byServers.set(name, other)
      others.set(stream, other)
    }
    const overrides = [...byServers.values()]
    const checks = (kind: string, timeoutMs: number): HealthCheck[] =>
      overrides.map((other, i) => ({ name: `etcd-override-${kind}${i}`, check: () => other.probe(timeoutMs) }))
    return {
      store,
      others,
      health: {
        live: () => store.probe(etcd.healthCheckTimeoutMs),
        ready: () => store.probe(etcd.readyCheckTimeoutMs),
        sealing: encryption?.checks ?? [],
        more: checks('', etcd.healthCheckTimeoutMs),
        moreReadiness: checks('readiness-', etcd.readyCheckTimeoutMs),
      },
      metrics: metrics.all,
      release: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
