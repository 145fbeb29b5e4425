import { readFileSync } from 'node:fs'
import type { KubeObject } from '../api/index.js'
import {
  type Authenticator,
  audienceAgnostic,
  authenticatorUnion,
  bearerTokens,
  bootstrapTokens,
  cachedTokens,
  clientCertificates,
  lastUsed,
  type PublicKeySource,
  requestHeaders,
  secretTokens,
  serviceAccountTokens,
  staticTokens,
  type TokenAuthenticator,
  tokenReviewVersions,
  tokenUnion,
  webhookTokens,
  webSocketTokens,
  withGroups,
} from '../authn/index.js'
import { issuersOf } from './access/issuers.js'
import { reviewClient } from './access/review-client.js'
import type { ClientAuthorities } from './client-authorities.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'
import type { AccessMetrics } from './metrics/index.js'

export interface Identification {
  readonly authenticator: Authenticator
  /** Whose a token is; undefined: no kind of token is accepted. */
  readonly tokens: TokenAuthenticator | undefined
  /** Keeps issuers of tokens true to their configuration until it is closed. */
  readonly feed: { close(): void }
}

export interface IdentificationEnvironment {
  readonly loopback: Loopback
  readonly authorities: ClientAuthorities
  readonly accountKeys: PublicKeySource
  readonly log: Logger
  readonly metrics: AccessMetrics
}

/**
 * Who is asking, and whose a token is: front proxy, client certificate, bearer token, in upstream's order; then anonymous, if that is allowed.
 * Source: kubernetes pkg/kubeapiserver/authenticator.
 *
 * @throws Error if a file that a flag names cannot be read or is none of its kind
 */
export async function authenticatorOf(
  config: ServerConfig,
  { loopback, authorities: { clients, frontProxies }, accountKeys, log, metrics }: IdentificationEnvironment,
): Promise<Identification> {
  const { authentication, environment } = config
  const { apiAudiences } = authentication
  const known: Authenticator[] = []
  if (frontProxies !== undefined)
    known.push(requestHeaders({ ...authentication.requestHeader, ca: frontProxies }, environment.now))
  if (clients !== undefined) known.push(clientCertificates(clients, environment.now, metrics.certificateSeen))
  // Those that are quick and near come first: they are asked about every token.
  const tokens = tokenAuthenticators(config, accountKeys, loopback, log, metrics)
  const issuers = await issuersOf(config, log, metrics)
  try {
    const { oidc, configFile } = authentication
    if (configFile !== '' || oidc.issuerUrl !== '') tokens.push(audienceAgnostic(apiAudiences, issuers.tokens))
    const webhook = await tokenWebhook(config, log)
    if (webhook !== undefined) tokens.push(webhook.tokens)
    const cached =
      tokens.length === 0
        ? undefined
        : cachedTokens(tokenUnion(tokens), { ttlMs: tokenTtlMs, now: environment.now, observer: metrics.tokenCache })
    if (cached !== undefined) known.push(bearerTokens(cached, apiAudiences), webSocketTokens(cached, apiAudiences))
    const feed = {
      close() {
        issuers.close()
        webhook?.close()
      },
    }
    return { authenticator: withGroups(authenticatorUnion(known), issuers.anonymous), tokens: cached, feed }
  } catch (error) {
    issuers.close()
    throw error
  }
}

/** How long a good verdict on a token is kept, whoever gave it. Source: upstream's TokenSuccessCacheTTL. */
const tokenTtlMs = 10_000

/** The server that judges tokens, with a cache of its own: asking it takes long. */
async function tokenWebhook(
  { authentication: { tokenWebhook: options, apiAudiences }, environment: { now }, egress }: ServerConfig,
  log: Logger,
): Promise<{ readonly tokens: TokenAuthenticator; close(): void } | undefined> {
  const { configFile, version, cacheTtlMs } = options
  if (configFile === '') return undefined
  if (!tokenReviewVersions.includes(version)) {
    const known = tokenReviewVersions.map((one) => JSON.stringify(one)).join(', ')
    throw new Error(
      `unsupported authentication webhook version ${JSON.stringify(version)}, supported versions are ${known}`,
    )
  }
  if (cacheTtlMs > 0 && cacheTtlMs < tokenTtlMs)
    log.warn(
      'the webhook cache ttl is shorter than the overall cache ttl for successful token authentication attempts',
      {
        webhookMs: cacheTtlMs,
        overallMs: tokenTtlMs,
      },
    )
  const kind = { group: 'authentication.k8s.io', version, kind: 'TokenReview' }
  const client = await reviewClient(configFile, kind, { dial: egress.dialers.controlPlane })
  const failed = (error: Error): void => log.error(error, 'Failed to make webhook authenticator request')
  const judged = webhookTokens((spec) => client.review(spec), apiAudiences, failed)
  const tokens = cachedTokens(judged, { ttlMs: cacheTtlMs, failureTtlMs: cacheTtlMs, now })
  return { tokens, close: () => client.close() }
}

function tokenAuthenticators(
  { authentication, environment }: ServerConfig,
  keys: PublicKeySource,
  loopback: Loopback,
  log: Logger,
  metrics: AccessMetrics,
): TokenAuthenticator[] {
  const { tokenAuthFile, serviceAccounts, apiAudiences } = authentication
  const tokens: TokenAuthenticator[] = []
  if (tokenAuthFile !== '')
    tokens.push(
      audienceAgnostic(
        apiAudiences,
        staticTokens(readFileSync(tokenAuthFile, 'utf8'), tokenAuthFile, (text) => log.warn(text)),
      ),
    )
  if (keys.all.length > 0) {
    const options = {
      keys,
      issuers: serviceAccounts.issuers,
      audiences: apiAudiences,
      lookup: serviceAccounts.lookup,
      now: environment.now,
      lookups: {
        serviceAccount: (namespace: string, name: string) => loopback.find('/serviceaccounts', namespace, name),
        secret: (namespace: string, name: string) => loopback.find('/secrets', namespace, name),
        pod: (namespace: string, name: string) => loopback.find('/pods', namespace, name),
        node: (name: string) => loopback.find('/nodes', '', name),
      },
      onUse: metrics.serviceAccountTokens,
      markUsed: markUsed(loopback, log),
    }
    tokens.push(secretTokens(options))
    if (serviceAccounts.issuers.length > 0) tokens.push(serviceAccountTokens(options))
  }
  if (authentication.bootstrapTokens)
    tokens.push(
      audienceAgnostic(
        apiAudiences,
        bootstrapTokens((name) => loopback.find('/secrets', 'kube-system', name), environment.now),
      ),
    )
  return tokens
}

/** Once a day for each Secret: one label, whoever asks meanwhile. */
function markUsed(loopback: Loopback, log: Logger): (secret: KubeObject, day: string) => void {
  const marking = new Set<string>()
  return ({ metadata: { namespace = '', name = '', uid = '' } }, day) => {
    const key = `${namespace}/${name}`
    if (marking.has(key)) return
    marking.add(key)
    const label = (secret: KubeObject): KubeObject =>
      secret.metadata.uid === uid
        ? { ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, [lastUsed]: day } } }
        : secret
    loopback
      .change('/secrets', namespace, name, '', label)
      .catch((error) => log.error(error, 'Failed to label legacy service account token with last-used date'))
      .finally(() => marking.delete(key))
  }
}
