/**
 * Compacted: the asked revision is below the horizon. FutureRevision: it is above the newest. Unavailable: the backend
 * cannot be reached (never lmdb). Full: no room to write. Closed: the store was closed.
 */
export type StoreErrorCode = 'Compacted' | 'FutureRevision' | 'Unavailable' | 'Full' | 'Closed'

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
