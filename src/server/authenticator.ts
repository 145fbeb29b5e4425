import { readFileSync } from 'node:fs'
import {
  type Authenticator,
  authenticatorUnion,
  bearerTokens,
  bootstrapTokens,
  cachedTokens,
  clientCertificates,
  type PublicKey,
  parsePublicKeys,
  requestHeaders,
  secretTokens,
  serviceAccountTokens,
  staticTokens,
  type TokenAuthenticator,
  tokenUnion,
  webSocketTokens,
  withGroups,
} from '../authn/index.js'
import type { ClientAuthorities } from './client-authorities.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'

/**
 * Who is asking, and whose a token is: front proxy, client certificate, bearer token, in upstream's order; then anonymous, if that is allowed.
 * Source: kubernetes pkg/kubeapiserver/authenticator.
 *
 * @throws Error if a file that a flag names cannot be read or is none of its kind
 */
export function authenticatorOf(
  config: ServerConfig,
  loopback: Loopback,
  { clients, frontProxies }: ClientAuthorities,
  log: Logger,
): { readonly authenticator: Authenticator; readonly tokens: TokenAuthenticator | undefined } {
  const { authentication, environment } = config
  const known: Authenticator[] = []
  if (frontProxies !== undefined)
    known.push(requestHeaders({ ...authentication.requestHeader, ca: frontProxies }, environment.now))
  if (clients !== undefined) known.push(clientCertificates(clients, environment.now))
  const tokens = tokenAuthenticators(config, loopback, log)
  const cached = tokens.length === 0 ? undefined : cachedTokens(tokenUnion(tokens), { now: environment.now })
  if (cached !== undefined) {
    known.push(bearerTokens(cached, authentication.apiAudiences), webSocketTokens(cached, authentication.apiAudiences))
  }
  const authenticator = withGroups(authenticatorUnion(known), authentication.anonymous ? {} : undefined)
  return { authenticator, tokens: cached }
}

function tokenAuthenticators(
  { authentication, environment }: ServerConfig,
  loopback: Loopback,
  log: Logger,
): TokenAuthenticator[] {
  const { tokenAuthFile, serviceAccounts, apiAudiences } = authentication
  const tokens: TokenAuthenticator[] = []
  if (tokenAuthFile !== '')
    tokens.push(staticTokens(readFileSync(tokenAuthFile, 'utf8'), tokenAuthFile, (text) => log.warn(text)))
  const keys = serviceAccountKeys(authentication)
  if (keys.length > 0) {
    const options = {
      keys: () => keys,
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
    }
    tokens.push(secretTokens(options))
    if (serviceAccounts.issuers.length > 0) tokens.push(serviceAccountTokens(options))
  }
  if (authentication.bootstrapTokens)
    tokens.push(bootstrapTokens((name) => loopback.find('/secrets', 'kube-system', name), environment.now))
  return tokens
}

/** The keys that verify service account tokens. */
export const serviceAccountKeys = ({ serviceAccounts }: ServerConfig['authentication']): PublicKey[] =>
  serviceAccounts.keyFiles.flatMap((file) => parsePublicKeys(readFileSync(file)))
