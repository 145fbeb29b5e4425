import type { RequestContext, UserInfo } from '../http/index.js'
import { type Authenticator, aggregate, type TokenAuthenticator, type TokenIdentity } from './authenticator.js'

/** Tries one after the other until one knows the user; if none does and some found bad credentials, throws those errors. */
export function authenticatorUnion(authenticators: readonly Authenticator[]): Authenticator {
  return { authenticate: (context) => firstGood(authenticators, (one) => one.authenticate(context)) }
}

export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    authenticateToken: (token, audiences) =>
      firstGood(authenticators, (one) => one.authenticateToken(token, audiences)),
  }
}

type Answer<T> = T | undefined | Promise<T | undefined>

function firstGood<A, T>(all: readonly A[], ask: (one: A) => Answer<T>): Answer<T> {
  const errors: Error[] = []
  const from = (start: number): Answer<T> => {
    for (let i = start; i < all.length; i++) {
      try {
        const answer = ask(all[i]!)
        if (answer instanceof Promise) {
          return answer.then(
            (good) => good ?? from(i + 1),
            (error: unknown) => {
              errors.push(error as Error)
              return from(i + 1)
            },
          )
        }
        if (answer !== undefined) return answer
      } catch (error) {
        errors.push(error as Error)
      }
    }
    if (errors.length > 0) throw aggregate(errors)
    return undefined
  }
  return from(0)
}

/**
 * For tokens that know no audiences: good for the server's own, for no other.
 * Source: apiserver pkg/authentication/authenticator/audagnostic.go.
 */
export function audienceAgnostic(own: readonly string[], inner: TokenAuthenticator): TokenAuthenticator {
  return {
    authenticateToken(token, audiences) {
      const meant = audiences.filter((one) => own.includes(one))
      if (own.length > 0 && meant.length === 0) return undefined
      const narrow = (found: TokenIdentity | undefined): TokenIdentity | undefined =>
        found === undefined ? undefined : { user: found.user, audiences: meant }
      const answer = inner.authenticateToken(token, audiences)
      return answer instanceof Promise ? answer.then(narrow) : narrow(answer)
    },
  }
}

export interface AnonymousOptions {
  /** Paths for which it is allowed, compared exactly; empty: all. */
  readonly paths?: readonly string[]
}

/**
 * The outermost authenticator: adds system:authenticated to users the inner one knows, and lets in those without any
 * credentials as system:anonymous if `anonymous` is given. Bad credentials stay an error.
 */
export function withGroups(inner: Authenticator, anonymous: AnonymousOptions | undefined): Authenticator {
  const known = new WeakMap<UserInfo, UserInfo>()
  const paths = new Set(anonymous?.paths)
  const settle = (context: RequestContext, user: UserInfo | undefined): UserInfo | undefined => {
    if (user === undefined) {
      if (anonymous === undefined) return undefined
      return paths.size === 0 || paths.has(context.exchange.path) ? anonymousUser : undefined
    }
    // the same user object again for the same input: later caches hang on it
    let full = known.get(user)
    if (full === undefined) {
      full = addGroup(user)
      known.set(user, full)
    }
    return full
  }
  return {
    authenticate(context) {
      const answer = inner.authenticate(context)
      return answer instanceof Promise ? answer.then((user) => settle(context, user)) : settle(context, answer)
    },
  }
}

export const anonymousUser: UserInfo = Object.freeze({
  name: 'system:anonymous',
  groups: Object.freeze(['system:unauthenticated']) as readonly string[],
})

/** Source: apiserver pkg/authentication/group/authenticated_group_adder.go. */
export function addGroup(user: UserInfo): UserInfo {
  const { groups } = user
  if (user.name === anonymousUser.name) return user
  if (groups.includes('system:authenticated') || groups.includes('system:unauthenticated')) return user
  return { ...user, groups: [...groups, 'system:authenticated'] }
}
