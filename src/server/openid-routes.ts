import { ApiError } from '../api/index.js'
import { type OpenIdMetadata, openIdMetadata } from '../authn/index.js'
import { admit } from '../endpoints/index.js'
import type { Handler } from '../http/index.js'
import { serviceAccountKeys } from './authenticator.js'
import type { ServerConfig } from './config.js'

/** How long others may keep the documents, in seconds. */
const maxAge = 3600

/**
 * The routes by which others learn to verify service account tokens; none where they could not.
 * Source: kubernetes pkg/routes/openidmetadata.go.
 */
export function openIdRoutes({ authentication, generic, secureServing }: ServerConfig): ReadonlyMap<string, Handler> {
  const { issuers, jwksUri } = authentication.serviceAccounts
  const metadata = openIdMetadata({
    issuer: issuers[0] ?? '',
    jwksUri,
    externalAddress: `${bracketed(generic.externalHost)}:${secureServing.port}`,
    keys: serviceAccountKeys(authentication),
  })
  return metadata === undefined ? new Map() : routesOf(metadata)
}

const routesOf = ({ configuration, keys }: OpenIdMetadata): ReadonlyMap<string, Handler> =>
  new Map([
    ['/.well-known/openid-configuration', document('application/json', configuration)],
    ['/.well-known/openid-configuration/', document('application/json', configuration)],
    ['/openid/v1/jwks', document('application/jwk-set+json', keys)],
    ['/openid/v1/jwks/', document('application/jwk-set+json', keys)],
  ])

function document(type: string, text: string): Handler {
  return (context) => {
    const { method } = context.exchange
    if (method !== 'GET')
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
    admit(context.exchange.headers.accept ?? '', [type])
    context.exchange.send(200, type, text, { 'cache-control': `public, max-age=${maxAge}` })
  }
}

const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)
