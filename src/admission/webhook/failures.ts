import { ApiError, badRequest, type Reason, type Status } from '../../api/index.js'
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
function rejection(name: string, told: WebhookStatus = {}): ApiError {
  const { message = '', reason = '', details, code = 0, metadata } = told
  const by = `admission webhook ${JSON.stringify(name)} denied the request`
  const why = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation'
  // Nothing above 599 is a status that could be sent.
  const status = code < 400 ? 400 : code > 599 ? 500 : code
  return new Refusal(metadata, reason as Reason, by + why, details, status)
}

/** Upstream passes on all that a webhook says about its refusal, metadata too. */
class Refusal extends ApiError {
  readonly #metadata: object | undefined

  constructor(metadata: object | undefined, ...rest: ConstructorParameters<typeof ApiError>) {
    super(...rest)
    this.#metadata = metadata
  }

  override get status(): Status {
    return { ...super.status, metadata: this.#metadata ?? {} }
  }
}

export const noDryRun = (name: string): ApiError =>
  badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
