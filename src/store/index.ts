// What other folders may use of store/.
export { type Clock, systemClock } from './clock.js'
export { StoreError, type StoreErrorCode } from './errors.js'
export { type LmdbStoreOptions, openLmdbStore } from './lmdb/open.js'
export {
  atRevision,
  type Change,
  type ChangeListener,
  type CommitResult,
  type KeyRange,
  prefixRange,
  type Revision,
  type ScanOptions,
  type Store,
  type StoredRecord,
  type Subscription,
  type Write,
  type WriteValue,
} from './store.js'
