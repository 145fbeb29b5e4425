import type { EtcdStore } from './etcd/etcd-store.js'
import type { EtcdStoreOptions } from './etcd/open.js'

/** The store in etcd. What it takes is loaded now, not before. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  const { openEtcdStore: open } = await import('./etcd/open.js')
  return open(options)
}
