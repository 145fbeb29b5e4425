import type { WriteValue } from '../store.js'

/**
 * Between what the registry reads and writes and the bytes that lie in etcd. Below it is encryption, which sees bytes only.
 * Keys are those of the store.
 */
export interface ValueForm {
  write(prefix: string, key: string, value: WriteValue): Buffer
  /** `stale`: other bytes would be written today. Throws Error if the bytes make no sense; its message is told to clients. */
  read(prefix: string, key: string, bytes: Buffer): WriteValue & { readonly stale?: boolean }
}
