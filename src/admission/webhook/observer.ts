import type { Operation } from '../admission.js'

export type WebhookStep = 'admit' | 'validating'

/** Measures what becomes of calls to webhooks, and of match conditions. Upstream: apiserver pkg/admission/metrics. */
export interface WebhookObserver {
  /** @param code of the refusal or failure, 200 if there is none, 0 if it is the server's own */
  called(name: string, step: WebhookStep, operation: Operation, seconds: number, rejected: boolean, code: number): void
  rejected(
    name: string,
    step: WebhookStep,
    operation: Operation,
    why: 'calling_webhook_error' | 'no_error' | 'apiserver_internal_error',
    code: number,
  ): void
  failedOpen(name: string, step: WebhookStep): void
  /** @param kind webhook or policy; @param type admit or validating, validate for policies */
  conditionsExcluded(name: string, kind: string, type: string, operation: Operation): void
  conditionFailed(name: string, kind: string, type: string, operation: Operation): void
  conditionsEvaluated(name: string, kind: string, type: string, operation: Operation, seconds: number): void
}
