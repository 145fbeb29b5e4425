import {
  type Authorizer,
  accessReviewVersions,
  type MatchConditionCompiler,
  type WebhookConfiguration,
  webhookAuthorizer,
} from '../../authz/index.js'
import type { Dialer, ReviewClient, ReviewResult } from '../../http/index.js'
import type { Logger } from '../logs/logger.js'
import type { AccessMetrics } from '../metrics/index.js'
import { reviewClient } from './review-client.js'

/** The webhooks of one authorization configuration, closed together when another takes its place. */
export class WebhookChain {
  readonly #clients: ReviewClient[] = []

  constructor(
    readonly log: Logger,
    readonly metrics: AccessMetrics,
    readonly now: () => number,
    readonly conditions: () => Promise<MatchConditionCompiler>,
    readonly dial: Dialer | undefined,
  ) {}

  /** @throws Error if its kubeconfig cannot be used */
  async add(name: string, webhook: WebhookConfiguration): Promise<Authorizer> {
    const { log, metrics, now } = this
    if (webhook.kubeConfigFile === undefined)
      throw new Error(`authorizer ${name}: connectionInfo type ${webhook.connectionType} is not supported`)
    const version = webhook.subjectAccessReviewVersion
    if (version !== 'v1' && version !== 'v1beta1') {
      const known = accessReviewVersions.map((one) => JSON.stringify(one)).join(', ')
      throw new Error(
        `unsupported webhook authorizer version ${JSON.stringify(version)}, supported versions are ${known}`,
      )
    }
    const matches =
      webhook.matchConditions.length === 0
        ? undefined
        : (await this.conditions()).matcher(webhook.matchConditions, (outcome, seconds) =>
            metrics.matchEvaluated('Webhook', name, outcome, seconds),
          )
    let last: ReviewResult = 'error'
    const client = await reviewClient(
      webhook.kubeConfigFile,
      { group: 'authorization.k8s.io', version, kind: 'SubjectAccessReview' },
      {
        dial: this.dial,
        timeoutMs: Number(webhook.timeout) / 1e6,
        observe(result, seconds) {
          last = result
          metrics.webhookEvaluated(name, result, seconds)
        },
      },
    )
    this.#clients.push(client)
    const onError = webhook.failurePolicy === 'Deny' ? 'deny' : 'none'
    return webhookAuthorizer({
      review: (spec) => client.review(spec),
      version,
      authorizedTtlMs: webhook.cacheAuthorizedRequests ? Number(webhook.authorizedTtl) / 1e6 : 0,
      unauthorizedTtlMs: webhook.cacheUnauthorizedRequests ? Number(webhook.unauthorizedTtl) / 1e6 : 0,
      onError,
      matches,
      now,
      failed(error) {
        log.error(error, 'Failed to make webhook authorizer request', { authorizer: name })
        if (onError === 'none') metrics.webhookFailedOpen(name, last)
      },
    })
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}
