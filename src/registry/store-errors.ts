import { ApiError } from '../api/index.js'
import { StoreError } from '../store/index.js'

/** What a client is told of what the store cannot do. Source: apiserver pkg/storage/errors. */
export function fromStoreError(error: StoreError): ApiError {
  switch (error.code) {
    case 'Compacted':
      return new ApiError('Expired', 'The resourceVersion for the provided list is too old.')
    case 'FutureRevision':
      return new ApiError('Timeout', `Timeout: ${error.message}`, { retryAfterSeconds: 1 })
    case 'Full':
      return new ApiError('', `etcdserver: mvcc: database space exceeded`, undefined, 500, { cause: error })
    case 'Backend':
    case 'TooLarge':
      return new ApiError('', error.message, undefined, 500, { cause: error })
    case 'Timeout':
      return new ApiError(
        'Timeout',
        `Timeout: request did not complete within requested timeout - ${error.message}`,
        {},
        504,
        { cause: error },
      )
    case 'Unavailable':
    case 'Closed':
      return new ApiError('ServiceUnavailable', error.message, { retryAfterSeconds: 1 }, 503, { cause: error })
  }
}

/** The object is more than the store takes; without its managedFields it may not be. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof ApiError && error.cause instanceof StoreError && error.cause.code === 'TooLarge'
