import type { RequestContext, UserInfo } from '../http/index.js'
import {
  type Authenticator,
  CredentialError,
  type TokenAuthenticator,
  type TokenIdentity,
  type TokenRemarks,
} from './authenticator.js'

/**
 * `Authorization: Bearer`. Another scheme, an empty token or an extra space before it count as no credentials; the space is
 * warned of. Source: apiserver pkg/authentication/request/bearertoken.
 *
 * @param audiences of this server; empty: tokens of any audience are taken
 */
export function bearerTokens(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return {
    authenticate(context) {
      const header = context.exchange.headers.authorization
      if (header === undefined) return undefined
      const [scheme, token, more] = header.trim().split(' ', 3)
      if (token === undefined || scheme!.toLowerCase() !== 'bearer') return undefined
      if (token === '') {
        if (more !== undefined) context.warnings.add(extraSpace)
        return undefined
      }
      return verified(context, tokens, token, audiences)
    },
  }
}

const extraSpace = 'the provided Authorization header contains extra space before the bearer token, and is ignored'
const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/**
 * A bearer token in a WebSocket subprotocol, for browsers, which cannot set headers. On success it is taken out of the
 * protocols the handler sees. Source: apiserver pkg/authentication/request/websocket.
 */
export function webSocketTokens(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return {
    authenticate(context) {
      const { headers } = context.exchange
      if (headers['sec-websocket-protocol'] === undefined || !isWebSocket(context)) return undefined
      const protocols = String(headers['sec-websocket-protocol'])
        .split(',')
        .map((protocol) => protocol.trim())
      const found = protocols.filter((protocol) => protocol.startsWith(protocolPrefix))
      if (found.length === 0) return undefined
      if (found.length > 1) throw new CredentialError('multiple base64.bearer.authorization tokens specified')
      const token = decode(found[0]!.slice(protocolPrefix.length))
      if (token === '') return undefined
      const others = protocols.filter((protocol) => !protocol.startsWith(protocolPrefix))
      if (others.length === 0) throw new CredentialError('missing additional subprotocol')
      const settle = (user: UserInfo): UserInfo => {
        headers['sec-websocket-protocol'] = others.join(',')
        return user
      }
      const answer = verified(context, tokens, token, audiences)
      return answer instanceof Promise ? answer.then(settle) : settle(answer)
    },
  }
}

function verified(
  context: RequestContext,
  tokens: TokenAuthenticator,
  token: string,
  audiences: readonly string[],
): UserInfo | Promise<UserInfo> {
  const settle = (found: TokenIdentity | undefined): UserInfo => {
    if (found === undefined) throw new CredentialError('invalid bearer token')
    const meant = found.audiences
    if (
      audiences.length > 0 &&
      meant !== undefined &&
      meant.length > 0 &&
      !meant.some((one) => audiences.includes(one))
    ) {
      throw new CredentialError('unable to match the audience')
    }
    if (found.remarks !== undefined) tell(context, found.remarks)
    return found.user
  }
  const answer = tokens.authenticateToken(token, audiences)
  return answer instanceof Promise ? answer.then(settle) : settle(answer)
}

/** Of refused tokens nothing is told: upstream's cache keeps no remarks with them. */
function tell({ audit, warnings }: RequestContext, { annotations, warning }: TokenRemarks): void {
  for (const [key, value] of Object.entries(annotations)) audit?.annotate(key, value)
  if (warning !== undefined) warnings.add(warning)
}

function isWebSocket({ exchange: { headers } }: RequestContext): boolean {
  const has = (value: string | undefined, token: string): boolean =>
    (value ?? '')
      .toLowerCase()
      .split(',')
      .some((one) => one.trim() === token)
  return has(headers.upgrade, 'websocket') && has(headers.connection, 'upgrade')
}

function decode(encoded: string): string {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded) || encoded.length % 4 === 1) {
    throw new CredentialError('invalid base64.bearer.authorization token encoding')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64url'))
  } catch {
    throw new CredentialError('invalid base64.bearer.authorization token')
  }
}
