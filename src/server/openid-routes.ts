import { ApiError } from '../api/index.js'
import { type OpenIdMetadata, openIdMetadata, type PublicKeySource } from '../authn/index.js'
import { admit } from '../endpoints/index.js'
import type { Handler } from '../http/index.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'

/**
 * The routes by which others learn to verify service account tokens; none where they could not.
 * Source: kubernetes pkg/routes/openidmetadata.go.
 */
export function openIdRoutes(
  { authentication, generic, secureServing }: ServerConfig,
  keys: PublicKeySource,
  log: Logger,
): ReadonlyMap<string, Handler> {
  const { issuers, jwksUri } = authentication.serviceAccounts
  const externalAddress = `${bracketed(generic.externalHost)}:${secureServing.port}`
  const made = (): OpenIdMetadata | undefined => {
    try {
      return openIdMetadata({ issuer: issuers[0] ?? '', jwksUri, externalAddress, keys: keys.all })
    } catch (error) {
      log.error(error, 'failed to update openid config metadata')
      return undefined
    }
  }
  let metadata = made()
  if (metadata === undefined) return new Map()
  keys.onChange(() => {
    metadata = made() ?? metadata
  })
  const configuration = document('application/json', keys, () => metadata?.configuration ?? '')
  const keySet = document('application/jwk-set+json', keys, () => metadata?.keys ?? '')
  return new Map([
    ['/.well-known/openid-configuration', configuration],
    ['/openid/v1/jwks', keySet],
  ])
}

function document(type: string, keys: PublicKeySource, text: () => string): Handler {
  return (context) => {
    const { method } = context.exchange
    if (method !== 'GET')
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
    admit(context.exchange.headers.accept ?? '', [type])
    context.exchange.send(200, type, text(), { 'cache-control': `public, max-age=${keys.maxAgeSeconds}` })
  }
}

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)
