import { badRequest, timeout } from '../../api/index.js'
import { RefusedCall } from '../../http/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'
import type { WebhookClients } from './clients.js'
import type { Webhook } from './configuration.js'
import { CallFailure, noDryRun, Rejection } from './failures.js'
import type { WebhookObserver, WebhookStep } from './observer.js'
import { type Review, readVerdict, reviewOf, type Shown, Unreadable, type Verdict } from './review.js'

/** Source: apiserver pkg/util/webhook, what a webhook without a timeout of its own has. */
const defaultTimeoutMs = 30_000
const deadlineGraceMs = 500

export interface CallerOptions {
  readonly clients: WebhookClients
  readonly observer: WebhookObserver
  /** Wall clock, milliseconds. */
  now(): number
  /** Tells the log that a webhook could not be asked. */
  failed(message: string, webhook: string): void
}

/** Asks webhooks, and takes down what becomes of it. */
export class WebhookCaller {
  constructor(readonly options: CallerOptions) {}

  /**
   * What an allowing webhook has to say.
   *
   * @throws Rejection, CallFailure, or ApiError where the server itself has to refuse
   */
  async call(
    webhook: Webhook,
    view: ResourceView,
    attributes: AdmissionAttributes,
    shown: Shown,
    mutating: boolean,
  ): Promise<Verdict> {
    checkSideEffects(webhook, attributes)
    const { name } = webhook
    const review = this.#review(webhook, view, attributes, shown)
    const bytes = await this.#post(webhook, attributes, review)
    let verdict: Verdict
    try {
      verdict = await readVerdict(bytes, review, mutating)
    } catch (error) {
      const { message } = error as Error
      if (error instanceof Unreadable) throw new CallFailure(name, `failed to call webhook: ${message}`, 503)
      throw new CallFailure(name, `received invalid webhook response: ${message}`, 503)
    }
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate?.(`${name}/${key}`, value)
    for (const text of verdict.warnings) attributes.warn(text)
    if (!verdict.allowed) throw new Rejection(name, verdict.status)
    return verdict
  }

  #review(webhook: Webhook, view: ResourceView, attributes: AdmissionAttributes, shown: Shown): Review {
    try {
      return reviewOf(webhook.reviewVersions, view, attributes, shown)
    } catch (error) {
      throw new CallFailure(webhook.name, `could not create admission objects: ${(error as Error).message}`, 400)
    }
  }

  async #post(webhook: Webhook, { time }: AdmissionAttributes, { body }: Review): Promise<Buffer> {
    const { clients, now } = this.options
    const own = webhook.timeoutSeconds === undefined ? defaultTimeoutMs : webhook.timeoutSeconds * 1000
    const left = (time?.deadline ?? Number.POSITIVE_INFINITY) - now()
    const timeoutMs = Math.min(own, left)
    // When the request's own time is over it is the request that is answered, not the webhook's failure.
    const graceMs = left <= own ? deadlineGraceMs : 0
    let client: ReturnType<WebhookClients['of']>
    try {
      client = clients.of(webhook.client)
    } catch (error) {
      throw new CallFailure(webhook.name, `could not get REST client: ${(error as Error).message}`, 500)
    }
    try {
      return await client.post(body, { timeoutMs, graceMs, signal: time?.signal })
    } catch (error) {
      const code = error instanceof RefusedCall ? error.code : 503
      throw new CallFailure(webhook.name, `failed to call webhook: ${(error as Error).message}`, code)
    }
  }

  /**
   * Counts a call that went wrong and says what follows: what to throw, or undefined where the webhook's failures are ignored.
   * Throws Timeout if the request has no time left to go on in.
   */
  failed(
    webhook: Webhook,
    step: WebhookStep,
    attributes: AdmissionAttributes,
    error: unknown,
    seconds: number,
  ): unknown {
    const { observer, failed, now } = this.options
    const { name, ignoresFailures } = webhook
    const { operation, time } = attributes
    if (error instanceof Rejection) {
      const { code } = error.error
      observer.rejected(name, step, operation, 'no_error', code)
      observer.called(name, step, operation, seconds, true, code)
      return error.error
    }
    if (!(error instanceof CallFailure)) {
      observer.rejected(name, step, operation, 'apiserver_internal_error', 0)
      observer.called(name, step, operation, seconds, true, 0)
      return error
    }
    const isOver = time !== undefined && (time.signal.aborted || now() >= time.deadline)
    if (!ignoresFailures) observer.rejected(name, step, operation, 'calling_webhook_error', error.code)
    observer.called(name, step, operation, seconds, !ignoresFailures, error.code)
    failed(error.message, name)
    if (!ignoresFailures) return error
    observer.failedOpen(name, step)
    if (isOver) throw timeout('request did not complete within requested timeout')
    return undefined
  }
}

function checkSideEffects({ name, sideEffects }: Webhook, { dryRun }: AdmissionAttributes): void {
  if (!dryRun) return
  if (sideEffects === undefined) throw badRequest('Webhook SideEffects is nil')
  if (sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw noDryRun(name)
}
