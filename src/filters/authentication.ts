import { unauthorized } from '../api/index.js'
import { type Authenticator, CredentialError, dropHeaders } from '../authn/index.js'
import type { Filter, Handler, RequestContext, UserInfo } from '../http/index.js'
import type { ErrorLog } from './panic-recovery.js'

export interface AuthenticationOptions {
  readonly authenticator: Authenticator
  /** The names of `--requestheader-*`: never seen by handlers, nor are the usual X-Remote-* ones. */
  readonly requestHeaders: { readonly names: readonly string[]; readonly prefixes: readonly string[] }
  /** Keep HTTP/2 connections only for those who say who they are. Upstream's UnauthenticatedHTTP2DOSMitigation. */
  readonly closeUnauthenticated: boolean
  readonly log: ErrorLog
  /** Called before a request is answered with 401. */
  readonly onRefused?: ((context: RequestContext) => void) | undefined
  /** For metrics. `user` is undefined if it failed. */
  readonly onResult?: (context: RequestContext, user: UserInfo | undefined, error: unknown, seconds: number) => void
}

/** Finds out who is asking, or answers 401. Source: apiserver pkg/endpoints/filters/authentication.go. */
export function authentication(options: AuthenticationOptions): Filter {
  const { authenticator, closeUnauthenticated, log, onResult, onRefused } = options
  const names = ['x-remote-user', 'x-remote-uid', 'x-remote-group', ...options.requestHeaders.names.map(lower)]
  const prefixes = ['x-remote-extra-', ...options.requestHeaders.prefixes.map(lower)]

  const settle = (
    next: Handler,
    context: RequestContext,
    began: number,
    user: UserInfo | undefined,
    error?: unknown,
  ) => {
    onResult?.(context, user, error, (performance.now() - began) / 1000)
    const { exchange } = context
    if (user === undefined) {
      if (error !== undefined && !(error instanceof CredentialError)) {
        log('Unable to authenticate the request', error, context)
      }
      if (closeUnauthenticated && exchange.protocol === 'HTTP/2.0') exchange.closeConnection()
      onRefused?.(context)
      throw unauthorized()
    }
    if (exchange.headers.authorization !== undefined) delete exchange.headers.authorization
    dropHeaders(exchange.headers, names, prefixes)
    if (closeUnauthenticated && exchange.protocol === 'HTTP/2.0' && isAnonymous(user)) exchange.closeConnection()
    context.user = user
    return next(context)
  }

  return (next) => (context) => {
    const began = performance.now()
    let answer: UserInfo | undefined | Promise<UserInfo | undefined>
    try {
      answer = authenticator.authenticate(context)
    } catch (error) {
      return settle(next, context, began, undefined, error)
    }
    if (!(answer instanceof Promise)) return settle(next, context, began, answer)
    return answer.then(
      (user) => settle(next, context, began, user),
      (error: unknown) => settle(next, context, began, undefined, error),
    )
  }
}

const lower = (name: string): string => name.toLowerCase()

const isAnonymous = (user: UserInfo): boolean =>
  user.name === 'system:anonymous' || user.groups.includes('system:unauthenticated')
