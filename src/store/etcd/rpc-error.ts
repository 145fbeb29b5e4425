import { type RpcError, rpcCodeName } from '../../http/index.js'
import { StoreError } from '../errors.js'

// Codes of gRPC that matter here.
const code = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  outOfRange: 11,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** What our channel says of a call that it had no connection for. */
const unconnected = 'No connection established'

/** Another endpoint, or the same one a little later, may do better. */
export const isTransient = ({ code: status }: RpcError): boolean =>
  status === code.unavailable ||
  status === code.deadlineExceeded ||
  status === code.cancelled ||
  status === code.internal ||
  status === code.unknown

/** The request has not reached anybody who could have acted on it: also a write may be tried again. */
export const wasNotSent = ({ code: status, details = '' }: RpcError): boolean =>
  (status === code.unavailable && (details.startsWith(unconnected) || details.includes('etcdserver: no leader'))) ||
  isBusy({ details })

/** etcd is behind with what it has, and takes no more now. */
export const isBusy = ({ details = '' }: Pick<RpcError, 'details'>): boolean =>
  details === 'etcdserver: too many requests'

export const isCompacted = (error: unknown): boolean =>
  (error as RpcError).code === code.outOfRange && /compacted/.test((error as RpcError).details ?? '')

export const isLeaseGone = (error: unknown): boolean =>
  (error as RpcError).code === code.notFound && /lease/.test((error as RpcError).details ?? '')

/**
 * What becomes of a request for which nobody could be reached in its time. Upstream's client waits for a connection until the
 * time is over, and says that; why there is none is told by health checks, and when a store is opened.
 */
export function requestErrorOf(error: unknown): StoreError {
  const { code: status, details = '' } = error as Partial<RpcError>
  if (status === code.unavailable && details.startsWith(unconnected))
    return new StoreError('Timeout', 'context deadline exceeded', { cause: error })
  return storeErrorOf(error)
}

/** What the caller is told, in the words that clients of kube-apiserver know. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { code: status = code.unknown, details = '' } = error as Partial<RpcError>
  const cause = { cause: error }
  if (status === code.outOfRange) {
    if (/compacted/.test(details)) return new StoreError('Compacted', details, cause)
    if (/future/.test(details)) return new StoreError('FutureRevision', details, cause)
  }
  if (status === code.resourceExhausted && /space exceeded/.test(details)) return new StoreError('Full', details, cause)
  if (isTooLarge(status, details)) return new StoreError('TooLarge', textOf(status, details), cause)
  if (status === code.deadlineExceeded) return new StoreError('Timeout', 'context deadline exceeded', cause)
  return new StoreError('Backend', textOf(status, details || (error as Error).message), cause)
}

const isTooLarge = (status: number, details: string): boolean =>
  details === 'etcdserver: request is too large' ||
  (status === code.resourceExhausted && details.includes('message larger than max'))

/** etcd's own errors stand alone, those of the connection come with their code. */
function textOf(status: number, details: string): string {
  if (details.startsWith('etcdserver: ')) return details
  const refused = /connect ECONNREFUSED ([^\s)]+)/.exec(details)
  const description =
    refused === null
      ? details
      : `connection error: desc = "transport: Error while dialing: dial tcp ${refused[1]}: connect: connection refused"`
  return `rpc error: code = ${rpcCodeName(status)} desc = ${description}`
}
