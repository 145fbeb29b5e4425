import { LRUCache } from 'lru-cache'
import type { KubeObject } from '../../api/index.js'
import type { Attributes, Authorizer, Decision } from '../authorizer.js'
import { noOpinion } from '../authorizer.js'
import type { RequestMatcher } from './match-conditions.js'
import { betaReviewSpec, type ReviewSpec, reviewSpec } from './review.js'

export interface WebhookAuthorizerOptions {
  /** Sends a SubjectAccessReview and gives the answer. Rejects where there is none, or none that can be read. */
  readonly review: (spec: object) => Promise<KubeObject>
  /** Version of authorization.k8s.io that `review` speaks. */
  readonly version: 'v1' | 'v1beta1'
  /** How long answers are kept, milliseconds; 0: not at all. */
  readonly authorizedTtlMs: number
  readonly unauthorizedTtlMs: number
  /** What a broken webhook comes to. */
  readonly onError: 'none' | 'deny'
  /** Which requests it is asked about at all. Default: all. */
  readonly matches?: RequestMatcher | undefined
  /** Told when the webhook could not be asked. */
  readonly failed?: (error: Error) => void
  /** Milliseconds. Default: the system's clock. */
  readonly now?: () => number
}

/** Versions of authorization.k8s.io SubjectAccessReview that are spoken. */
export const accessReviewVersions: readonly string[] = ['v1', 'v1beta1']

interface Status {
  readonly allowed?: boolean
  readonly denied?: boolean
  readonly reason?: string
}

interface Kept {
  readonly status: Status
  readonly until: number
}

const cacheSize = 8192
/** Questions with longer texts of the asker's making are not kept. */
const maxControlledLength = 10_000

/** Asks another server. Source: apiserver plugin/pkg/authorizer/webhook. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const { review, version, matches, onError, now = Date.now, failed } = options
  const kept = new LRUCache<string, Kept>({ max: cacheSize })

  const ask = async (spec: ReviewSpec, key: string, keep: boolean): Promise<Decision> => {
    let status: Status
    try {
      const answer = await review(version === 'v1' ? spec : betaReviewSpec(spec))
      status = (answer.status ?? {}) as Status
    } catch (error) {
      failed?.(error as Error)
      return { verdict: onError, reason: '', error: error as Error }
    }
    const ttl = status.allowed === true ? options.authorizedTtlMs : options.unauthorizedTtlMs
    if (keep && ttl > 0) kept.set(key, { status, until: now() + ttl })
    return decision(status)
  }

  return {
    authorize(attributes) {
      const spec = reviewSpec(attributes)
      if (matches !== undefined) {
        const matched = matches(spec)
        if (matched instanceof Error) return { verdict: onError, reason: '', error: matched }
        if (!matched) return noOpinion
      }
      const key = JSON.stringify(spec)
      const known = kept.get(key)
      if (known !== undefined && now() < known.until) return decision(known.status)
      return ask(spec, key, controlledLength(attributes) < maxControlledLength)
    },
    rulesFor: () => ({
      resourceRules: [],
      nonResourceRules: [],
      incomplete: true,
      errors: ['webhook authorizer does not support user rule resolution'],
    }),
  }
}

function decision({ allowed = false, denied = false, reason = '' }: Status): Decision {
  if (denied && allowed) {
    const error = new Error('webhook subject access review returned both allow and deny response')
    return { verdict: 'deny', reason, error }
  }
  return { verdict: denied ? 'deny' : allowed ? 'allow' : 'none', reason }
}

const controlledLength = (attributes: Attributes): number =>
  attributes.namespace.length +
  attributes.verb.length +
  attributes.apiGroup.length +
  attributes.apiVersion.length +
  attributes.resource.length +
  attributes.subresource.length +
  attributes.name.length +
  attributes.path.length
