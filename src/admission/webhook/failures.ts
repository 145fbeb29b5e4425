import { ApiError, badRequest, type Reason } from '../../api/index.js'
import type { WebhookStatus } from './review.js'

/** A webhook could not be asked, or gave no proper answer: its failure policy says what comes of it. */
export class CallFailure extends Error {
  /** @param code as metrics tell it */
  constructor(
    name: string,
    why: string,
    readonly code: number,
  ) {
    super(`failed calling webhook ${JSON.stringify(name)}: ${why}`)
  }
}

/** A webhook has said no. */
export class Rejection extends Error {
  readonly error: ApiError

  constructor(name: string, status: WebhookStatus | undefined) {
    super()
    this.error = rejection(name, status)
  }
}

/** Source: apiserver pkg/admission/plugin/webhook/errors. */
function rejection(name: string, { message = '', reason = '', details, code = 0 }: WebhookStatus = {}): ApiError {
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation'
  // Nothing above 599 is a status that could be sent.
  const status = code < 400 ? 400 : code > 599 ? 500 : code
  return new ApiError(reason as Reason, by + why, details, status)
}

export const noDryRun = (name: string): ApiError =>
  badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
