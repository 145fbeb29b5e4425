// What other folders may use of store/.
export { type Clock, systemClock } from './clock.js'
export { aesCbc, aesGcm } from './encryption/aes.js'
export type { KmsPlugin } from './encryption/kms.js'
export { loadSecretbox, openKmsProvider, openKmsV1Provider } from './encryption/load.js'
export { ResourceSealer, type TransformersByResource } from './encryption/resource-sealer.js'
export { byPrefix, identity, type Prefixed, type Transformer } from './encryption/transformer.js'
export { StoreError, type StoreErrorCode } from './errors.js'
export type { EtcdStore } from './etcd/etcd-store.js'
export type { EtcdObserver } from './etcd/observer.js'
export type { EtcdStoreOptions } from './etcd/open.js'
export type { ValueForm } from './etcd/value-form.js'
export { defragLmdbStore } from './lmdb/defrag.js'
export { isStorableKey } from './lmdb/keys.js'
export { type EmbeddedStore, type LmdbStoreOptions, openLmdbStore } from './lmdb/open.js'
export type { Restored } from './lmdb/restore.js'
export { openEtcdStore } from './open-etcd-store.js'
export type { Sealer } from './sealer.js'
export {
  atRevision,
  type Change,
  type ChangeListener,
  type CommitResult,
  isUnreadable,
  type KeyRange,
  prefixRange,
  type Revision,
  type ScanOptions,
  type Store,
  type StoredRecord,
  type Subscription,
  type Walk,
  type Write,
  type WriteValue,
} from './store.js'
export { streamOf } from './streams.js'
