import type { ApiError, Status } from '../api/index.js'
import { stringifyJson } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'

/** Encodes a Status in what the client accepts; undefined: JSON. Lets the API layer bring in its other encodings. */
export type StatusEncoder = (context: RequestContext, status: Status) => EncodedStatus | undefined

export interface EncodedStatus {
  readonly contentType: string
  readonly body: Buffer
  /** Whether the client accepts this form. Of others upstream's audit log knows the code alone. */
  readonly negotiated: boolean
}

/** Answers with an error: the one place where an ApiError becomes a response. */
export function writeError(context: RequestContext, error: ApiError, encode?: StatusEncoder): void {
  const { exchange } = context
  const { status } = error
  const seconds = error.details?.retryAfterSeconds ?? 0
  if (seconds > 0) exchange.header('retry-after', String(seconds))
  const encoded = encode?.(context, status)
  if (encoded?.negotiated !== false) context.audit?.responseStatus({ ...status })
  if (encoded !== undefined) exchange.send(error.code, encoded.contentType, encoded.body)
  else exchange.send(error.code, 'application/json', `${stringifyJson(status)}\n`)
}

/** What upstream's http.Error sends: for refusals that come before the API has a say. */
export function writePlainError(context: RequestContext, code: number, text: string): void {
  context.exchange.header('x-content-type-options', 'nosniff')
  context.exchange.send(code, 'text/plain; charset=utf-8', `${text}\n`)
}
