import { createHash } from 'node:crypto'
import type { TokenCacheObserver, TokenKind } from '../../authn/index.js'
import type { Attributes, Authorizer, Decision } from '../../authz/index.js'
import type { ImpersonationObserver } from '../../filters/index.js'
import { exponential, Histogram, type Metric, Numbers, ReadGauge } from './series.js'

/** Source: kubernetes pkg/serviceaccount/metrics.go. */
const tokenKinds: Readonly<Record<TokenKind, readonly [name: string, help: string]>> = {
  valid: ['valid_tokens', 'Uses of tokens of an extended life before the end that was asked for.'],
  stale: ['stale_tokens', 'Uses of tokens of an extended life after the end that was asked for.'],
  legacy: ['legacy_tokens', 'Uses of tokens of Secrets.'],
  auto: ['legacy_auto_token_uses', 'Uses of tokens of Secrets that a controller made.'],
  manual: ['legacy_manual_token_uses', 'Uses of tokens of Secrets that somebody made.'],
  invalid: ['invalid_legacy_auto_token_uses', 'Uses of tokens of Secrets that were marked invalid.'],
}

/** Source: prometheus.DefBuckets. */
const standardBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Source: apiserver pkg/endpoints/filters/impersonation/metrics. */
const decisionBounds = exponential(0.001, 2, 15)

/** From half an hour to a year. Source: apiserver pkg/authentication/request/x509. */
const certificateBounds = [0, 1 / 48, 1 / 24, 1 / 12, 1 / 4, 1 / 2, 1, 2, 4, 7, 30, 90, 180, 360].map(
  (days) => days * 86_400,
)

/** As labels hold texts that may be long or private. Source: apiserver pkg/util/configmetrics. */
export const labelHash = (text: string | Buffer): string =>
  text.length === 0 ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`

/** What is counted of authentication and authorization beyond the requests themselves, with upstream's names and labels. */
export class AccessMetrics {
  readonly #serverHash: string

  /** @param serverId which server of a cluster this is */
  constructor(serverId: string) {
    this.#serverHash = labelHash(serverId)
    this.authenticationConfig = new ReloadMetrics('authentication', this.#serverHash)
    this.authorizationConfig = new ReloadMetrics('authorization', this.#serverHash)
  }

  readonly authenticationConfig: ReloadMetrics
  readonly authorizationConfig: ReloadMetrics

  readonly #certificateSeconds = new Histogram(
    'apiserver_client_certificate_expiration_seconds',
    'Seconds for which the certificate of a request is still good.',
    [],
    certificateBounds,
  )
  readonly certificateSeen = this.#certificateSeconds.observerOf([])

  readonly #decisions = new Numbers(
    'apiserver_authorization_decisions_total',
    'Decisions by the authorizer that made them: allowed or denied.',
    'counter',
    ['type', 'name', 'decision'],
  )
  readonly #evaluations = new Numbers(
    'apiserver_authorization_webhook_evaluations_total',
    'Round-trips to authorization webhooks by how they went.',
    'counter',
    ['name', 'result'],
  )
  readonly #webhookSeconds = new Histogram(
    'apiserver_authorization_webhook_duration_seconds',
    'Time of round-trips to authorization webhooks, in seconds.',
    ['name', 'result'],
    standardBounds,
  )
  readonly #failOpen = new Numbers(
    'apiserver_authorization_webhook_evaluations_fail_open_total',
    'Times an authorization webhook failed and had no opinion for that reason.',
    'counter',
    ['name', 'result'],
  )
  readonly #matchErrors = new Numbers(
    'apiserver_authorization_match_condition_evaluation_errors_total',
    'Failures of match conditions of authorizers.',
    'counter',
    ['type', 'name'],
  )
  readonly #matchExclusions = new Numbers(
    'apiserver_authorization_match_condition_exclusions_total',
    'Requests that an authorizer was not asked about because of its match conditions.',
    'counter',
    ['type', 'name'],
  )
  readonly #matchSeconds = new Histogram(
    'apiserver_authorization_match_condition_evaluation_seconds',
    'Time that match conditions of authorizers took, in seconds.',
    ['type', 'name'],
    [0.001, 0.005, 0.01, 0.025, 0.1, 0.2, 0.25],
  )
  readonly #cacheRequests = new Numbers(
    'authentication_token_cache_request_total',
    'Questions to the cache of token verdicts: hit or miss.',
    'counter',
    ['status'],
  )
  readonly #cacheSeconds = new Histogram(
    'authentication_token_cache_request_duration_seconds',
    'Time until the cache of token verdicts had an answer, in seconds.',
    ['status'],
    standardBounds,
  )
  readonly #fetches = new Numbers(
    'authentication_token_cache_fetch_total',
    'Verdicts that the cache of token verdicts had to ask for, by whether there was one.',
    'counter',
    ['status'],
  )
  readonly #activeFetches = new Numbers(
    'authentication_token_cache_active_fetch_count',
    'Verdicts being asked for, and requests that wait for them.',
    'gauge',
    ['status'],
  )
  readonly #jwtSeconds = new Histogram(
    'apiserver_authentication_jwt_authenticator_latency_seconds',
    'Time that a JWT authenticator took for a token of its issuer, in seconds.',
    ['result', 'jwt_issuer_hash'],
    [0.001, ...standardBounds],
  )
  readonly #impersonations = new Numbers(
    'apiserver_impersonation_attempts_total',
    'Requests that were to be made as somebody else, by mode and whether they were.',
    'counter',
    ['mode', 'decision'],
  )
  readonly #impersonationSeconds = new Histogram(
    'apiserver_impersonation_attempts_duration_seconds',
    'Time until that was decided, in seconds.',
    ['mode', 'decision'],
    decisionBounds,
  )
  readonly #impersonationChecks = new Numbers(
    'apiserver_impersonation_authorization_attempts_total',
    'Questions to the authorizers about impersonation, by mode.',
    'counter',
    ['mode', 'decision'],
  )
  readonly #impersonationCheckSeconds = new Histogram(
    'apiserver_impersonation_authorization_attempts_duration_seconds',
    'Time that these questions took, in seconds.',
    ['mode', 'decision'],
    decisionBounds,
  )
  readonly impersonation: ImpersonationObserver = {
    attempted: (mode, allowed, seconds) => {
      const labels = [mode, allowed ? 'allowed' : 'denied']
      this.#impersonations.add(labels)
      this.#impersonationSeconds.observe(labels, seconds)
    },
    authorized: (mode, allowed, seconds) => {
      const labels = [mode, allowed ? 'allowed' : 'denied']
      this.#impersonationChecks.add(labels)
      this.#impersonationCheckSeconds.observe(labels, seconds)
    },
  }
  readonly #keysFetchedAt = new Map<string, readonly [labels: readonly string[], seconds: number]>()
  readonly #keySets = new Map<string, string>()

  readonly #hit = this.#cacheRequests.counterOf(['hit'])
  readonly #hitSeconds = this.#cacheSeconds.observerOf(['hit'])

  readonly #tokensUsed = Object.fromEntries(
    Object.entries(tokenKinds).map(([kind, [name, help]]) => [
      kind,
      new Numbers(`serviceaccount_${name}_total`, help, 'counter', []),
    ]),
  ) as Record<TokenKind, Numbers>

  readonly serviceAccountTokens = (kind: TokenKind): void => this.#tokensUsed[kind].add([])

  readonly tokenCache: TokenCacheObserver = {
    asked: (hit, seconds) => {
      if (hit) {
        this.#hit()
        this.#hitSeconds(seconds)
      } else {
        this.#cacheRequests.add(['miss'])
        this.#cacheSeconds.observe(['miss'], seconds)
      }
    },
    fetching: () => {
      this.#activeFetches.add(['in_flight'])
      return (ok) => {
        this.#fetches.add([ok ? 'ok' : 'error'])
        this.#activeFetches.add(['in_flight'], -1)
      }
    },
    waiting: () => {
      this.#activeFetches.add(['blocked'])
      return () => this.#activeFetches.add(['blocked'], -1)
    },
  }

  /** An authorizer whose decisions are counted. */
  counted(type: string, name: string, inner: Authorizer): Authorizer {
    const allowed = this.#decisions.counterOf([type, name, 'allowed'])
    const denied = this.#decisions.counterOf([type, name, 'denied'])
    const count = (decision: Decision): Decision => {
      if (decision.verdict === 'allow') allowed()
      else if (decision.verdict === 'deny') denied()
      return decision
    }
    return {
      authorize(attributes: Attributes) {
        const decision = inner.authorize(attributes)
        return decision instanceof Promise ? decision.then(count) : count(decision)
      },
      ...(inner.rulesFor === undefined ? {} : { rulesFor: inner.rulesFor.bind(inner) }),
    }
  }

  webhookEvaluated(name: string, result: string, seconds: number): void {
    this.#evaluations.add([name, result])
    this.#webhookSeconds.observe([name, result], seconds)
  }

  webhookFailedOpen(name: string, result: string): void {
    this.#failOpen.add([name, result])
  }

  /** @param outcome of all conditions of one request */
  matchEvaluated(type: string, name: string, outcome: 'matched' | 'excluded' | 'failed', seconds: number): void {
    this.#matchSeconds.observe([type, name], seconds)
    if (outcome === 'excluded') this.#matchExclusions.add([type, name])
    if (outcome === 'failed') this.#matchErrors.add([type, name])
  }

  jwtJudged(issuer: string, good: boolean, seconds: number): void {
    this.#jwtSeconds.observe([good ? 'success' : 'failure', labelHash(issuer)], seconds)
  }

  /** @param keySet the document, undefined if it could not be fetched */
  keysFetched(issuer: string, keySet: Buffer | undefined, now: number): void {
    const hash = labelHash(issuer)
    const result = keySet === undefined ? 'failure' : 'success'
    this.#keysFetchedAt.set(`${result} ${hash}`, [[result, hash, this.#serverHash], now / 1000])
    if (keySet !== undefined) this.#keySets.set(hash, labelHash(keySet))
  }

  /** Forgets an issuer that is no longer configured. */
  issuerRemoved(issuer: string): void {
    const hash = labelHash(issuer)
    this.#keySets.delete(hash)
    for (const result of ['success', 'failure']) this.#keysFetchedAt.delete(`${result} ${hash}`)
  }

  get all(): readonly Metric[] {
    const fetchedAt = this.#keysFetchedAt
    const keySets = this.#keySets
    const serverHash = this.#serverHash
    return [
      ...Object.values(this.#tokensUsed),
      this.#certificateSeconds,
      ...[this.#decisions, this.#evaluations, this.#webhookSeconds, this.#failOpen],
      ...[this.#matchErrors, this.#matchExclusions, this.#matchSeconds],
      ...[this.#cacheRequests, this.#cacheSeconds, this.#fetches, this.#activeFetches, this.#jwtSeconds],
      ...[this.#impersonations, this.#impersonationSeconds],
      ...[this.#impersonationChecks, this.#impersonationCheckSeconds],
      new ReadGauge(
        'apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds',
        'When keys of an issuer were last fetched, by whether that succeeded.',
        ['result', 'jwt_issuer_hash', 'apiserver_id_hash'],
        () => fetchedAt.values(),
      ),
      new ReadGauge(
        'apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info',
        'The keys of an issuer that were fetched last: always 1.',
        ['jwt_issuer_hash', 'apiserver_id_hash', 'hash'],
        function* () {
          for (const [issuer, hash] of keySets) yield [[issuer, serverHash, hash], 1] as const
        },
      ),
      ...this.authenticationConfig.all,
      ...this.authorizationConfig.all,
    ]
  }
}

/** How reading a configuration file again went. Source: apiserver pkg/server/options/{authentication,authorization}config/metrics. */
export class ReloadMetrics {
  readonly #reloads: Numbers
  readonly #times: Numbers
  readonly #info: ReadGauge
  readonly #serverHash: string
  #hash = ''

  constructor(what: 'authentication' | 'authorization', serverHash: string) {
    this.#serverHash = serverHash
    const prefix = `apiserver_${what}_config_controller`
    const labels = ['status', 'apiserver_id_hash']
    this.#reloads = new Numbers(
      `${prefix}_automatic_reloads_total`,
      `Times the ${what} configuration was read again, by how that went.`,
      'counter',
      labels,
    )
    this.#times = new Numbers(
      `${prefix}_automatic_reload_last_timestamp_seconds`,
      `When the ${what} configuration was last read again, by how that went.`,
      'gauge',
      labels,
    )
    this.#info = new ReadGauge(
      `${prefix}_last_config_info`,
      `The ${what} configuration that is in use: always 1.`,
      ['apiserver_id_hash', 'hash'],
      () => (this.#hash === '' ? [] : [[[this.#serverHash, this.#hash], 1]]),
    )
  }

  get all(): readonly Metric[] {
    return [this.#reloads, this.#times, this.#info]
  }

  /** @param data the file that is in use now */
  using(data: Buffer): void {
    this.#hash = labelHash(data)
  }

  reloaded(good: boolean, now: number): void {
    const labels = [good ? 'success' : 'failure', this.#serverHash]
    this.#reloads.add(labels)
    this.#times.set(labels, now / 1000)
  }
}
