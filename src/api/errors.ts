import { quote } from './quote.js'

/** metav1.Status, as it goes over the wire. Members are in the order in which Go writes them. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: {
    readonly resourceVersion?: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code?: number
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  /** For most errors this is the plural resource, for Invalid the kind: upstream's habit. */
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

export interface GroupKind {
  readonly group: string
  readonly kind: string
}

/** Source: apimachinery pkg/apis/meta/v1/types.go, StatusReason. The empty reason is upstream's "unknown". */
const httpStatus = {
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  ServerTimeout: 500,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  BadRequest: 400,
} as const
export type Reason = keyof typeof httpStatus

/**
 * The only error that reaches a client: a metav1.Status with its HTTP code. Whatever else is thrown is a bug and is
 * answered 500 with its stack in the log.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly reason: Reason | '',
    message: string,
    readonly details?: StatusDetails,
    readonly code: number = reason === '' ? 500 : httpStatus[reason],
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  get status(): Status {
    const { reason, message, details, code } = this
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      ...(message === '' ? {} : { message }),
      ...(reason === '' ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    }
  }
}

/** `deployments.apps`, or just `pods` for the core group: how upstream prints a GroupResource and a GroupKind. */
export function qualified(gr: GroupResource | GroupKind): string {
  const name = 'resource' in gr ? gr.resource : gr.kind
  return gr.group === '' ? name : `${name}.${gr.group}`
}

const named = (gr: GroupResource, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(gr.group === '' ? {} : { group: gr.group }),
  ...(gr.resource === '' ? {} : { kind: gr.resource }),
})

export const notFound = (gr: GroupResource, name: string): ApiError =>
  new ApiError('NotFound', `${qualified(gr)} ${quote(name)} not found`, named(gr, name))

export const alreadyExists = (gr: GroupResource, name: string): ApiError =>
  new ApiError('AlreadyExists', `${qualified(gr)} ${quote(name)} already exists`, named(gr, name))

/** @param why the end of the sentence, for example "the object has been modified; please apply your changes ..." */
export const conflict = (gr: GroupResource, name: string, why: string): ApiError =>
  new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(gr)} ${quote(name)}: ${why}`, named(gr, name))

export const objectModified = (gr: GroupResource, name: string): ApiError =>
  conflict(gr, name, 'the object has been modified; please apply your changes to the latest version and try again')

export const badRequest = (message: string, options?: ErrorOptions): ApiError =>
  new ApiError('BadRequest', message, undefined, 400, options)

export const unauthorized = (): ApiError => new ApiError('Unauthorized', 'Unauthorized')

/** Upstream's NewForbidden. An empty name drops the quoted part; no resource and no group leave only "forbidden: why". */
export function forbidden(gr: GroupResource, name: string, why: string): ApiError {
  const text =
    gr.resource === '' && gr.group === ''
      ? `forbidden: ${why}`
      : name === ''
        ? `${qualified(gr)} is forbidden: ${why}`
        : `${qualified(gr)} ${quote(name)} is forbidden: ${why}`
  return new ApiError('Forbidden', text, named(gr, name))
}

export const methodNotSupported = (gr: GroupResource, verb: string): ApiError =>
  new ApiError('MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(gr)}"`, named(gr, ''))

export const internalError = (message: string, options?: ErrorOptions): ApiError =>
  new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, 500, options)

export const timeout = (message: string, retryAfterSeconds = 0): ApiError =>
  new ApiError('Timeout', `Timeout: ${message}`, { ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) })

export const tooManyRequests = (message: string, retryAfterSeconds: number): ApiError =>
  new ApiError('TooManyRequests', message, { ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) })

export const requestEntityTooLarge = (message: string): ApiError =>
  new ApiError('RequestEntityTooLarge', `Request entity too large: ${message}`)

export const serviceUnavailable = (message: string): ApiError => new ApiError('ServiceUnavailable', message)
