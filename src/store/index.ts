// What other folders may use of store/.
export { StoreError, type StoreErrorCode } from './errors.js'
export {
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
