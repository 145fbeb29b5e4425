/**
 * Compacted: the asked revision is below the horizon. FutureRevision: it is above the newest. Unavailable: the backend
 * cannot be used. Full: no room to write. TooLarge: more than one write may hold. Closed: the store was closed. Never lmdb: Backend, etcd failed, the message is its
 * own or that of the connection to it; Timeout, it did not answer in time. What becomes of a write is not known then.
 */
export type StoreErrorCode =
  | 'Compacted'
  | 'FutureRevision'
  | 'Unavailable'
  | 'Full'
  | 'TooLarge'
  | 'Closed'
  | 'Backend'
  | 'Timeout'

export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
