/**
 * Encryption at rest: from the bytes of a value to those that lie on disk, and back. The storage key is authenticated with
 * them, so that values cannot be moved from key to key.
 */
export interface Sealer {
  /** To be awaited, if it is a promise, before this key's value is sealed. Rejects if it cannot be. */
  prepare?(key: string): Promise<void> | undefined
  seal(key: string, plain: Buffer): Buffer
  /** `stale`: it would be sealed in another way today. Throws Error if it cannot be opened. */
  open(key: string, sealed: Buffer): { readonly plain: Buffer; readonly stale: boolean }
  /** To be awaited, if it is a promise, before this value is opened: its key has to be fetched. */
  ready?(key: string, sealed: Buffer): Promise<void> | undefined
}
