import { readFileSync } from 'node:fs'
import {
  type Authenticator,
  authenticatorUnion,
  bearerTokens,
  bootstrapTokens,
  CaBundle,
  cachedTokens,
  clientCertificates,
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
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'

/**
 * Who is asking: front proxy, client certificate, bearer token, in upstream's order; then anonymous, if that is allowed.
 * Source: kubernetes pkg/kubeapiserver/authenticator.
 *
 * @throws Error if a file that a flag names cannot be read or is none of its kind
 */
export function authenticatorOf(config: ServerConfig, loopback: Loopback, log: Logger): Authenticator {
  const { authentication, environment } = config
  const { requestHeader, clientCaFile } = authentication
  const known: Authenticator[] = []
  if (requestHeader.clientCaFile !== '')
    known.push(
      requestHeaders({ ...requestHeader, ca: new CaBundle(readFileSync(requestHeader.clientCaFile)) }, environment.now),
    )
  if (clientCaFile !== '') known.push(clientCertificates(new CaBundle(readFileSync(clientCaFile)), environment.now))
  const tokens = tokenAuthenticators(config, loopback, log)
  if (tokens.length > 0) {
    const cached = cachedTokens(tokenUnion(tokens), { now: environment.now })
    known.push(bearerTokens(cached, authentication.apiAudiences), webSocketTokens(cached, authentication.apiAudiences))
  }
  return withGroups(authenticatorUnion(known), authentication.anonymous ? {} : undefined)
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
  const keyFiles = serviceAccounts.keyFiles.length > 0 ? serviceAccounts.keyFiles : [serviceAccounts.signingKeyFile]
  const keys = keyFiles.filter((file) => file !== '').flatMap((file) => parsePublicKeys(readFileSync(file)))
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
