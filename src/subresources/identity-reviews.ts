import { badRequest, type KubeObject, rfc3339, sortedMap } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { VirtualResource } from '../registry/index.js'
import type { SubresourceEnvironment } from './environment.js'

/** Who a token stands for. */
export interface TokenVerdict {
  readonly user: UserInfo
  /** Those of the audiences asked for that the token is meant for; undefined: the token knows no audiences. */
  readonly audiences: readonly string[] | undefined
}

/** Undefined: nobody knows the token. Throws an error whose message may be told to who asks. */
export type TokenCheck = (
  token: string,
  audiences: readonly string[],
) => TokenVerdict | undefined | Promise<TokenVerdict | undefined>

/**
 * TokenReview: whose token is this? Source: kubernetes pkg/registry/authentication/tokenreview.
 *
 * @param check undefined: this server takes no tokens, reviews are answered as they came
 * @param own audiences of this server, for reviews that name none
 */
export function tokenReviews(check: () => TokenCheck | undefined, own: readonly string[]): VirtualResource {
  return {
    async create(_context, object, request) {
      const { token = '', audiences = [] } = object.spec ?? {}
      if (token === '') throw badRequest('token is required for TokenReview in authentication')
      await request.admit?.(object, undefined)
      const verify = check()
      // What the review does not say stays as it was sent.
      const sent = object.status ?? {}
      object.status =
        verify === undefined
          ? { user: {}, ...sent }
          : { user: {}, ...sent, authenticated: undefined, ...(await review(verify, token, audiences, own)) }
      return object
    },
  }
}

const unknownToken = 'invalid bearer token'

async function review(
  check: TokenCheck,
  token: string,
  asked: readonly string[],
  own: readonly string[],
): Promise<Record<string, unknown>> {
  const wanted = asked.length > 0 ? asked : own
  // The token is judged as if it came in a header.
  const [, bearer = ''] = `Bearer ${token}`.trim().split(' ', 2)
  if (bearer === '') return {}
  let verdict: TokenVerdict | undefined
  try {
    verdict = await check(bearer, wanted)
  } catch (error) {
    const text = (error as Error).message
    return { error: `[${unknownToken}, ${text.startsWith('[') ? text.slice(1, -1) : text}]` }
  }
  // Tokens without audiences are good for this server's own.
  const meant = verdict?.audiences ?? wanted.filter((audience) => own.includes(audience))
  if (verdict === undefined || (wanted.length > 0 && meant.length === 0)) return { error: unknownToken }
  return {
    authenticated: true,
    user: told(verdict.user),
    ...(meant.length === 0 ? {} : { audiences: meant }),
  }
}

/** SelfSubjectReview: who am I? */
export function selfSubjectReviews(environment: SubresourceEnvironment): VirtualResource {
  return {
    async create({ user }, object, request) {
      await request.admit?.(object, undefined)
      const { kind, apiVersion } = object
      return {
        kind,
        apiVersion,
        metadata: { creationTimestamp: rfc3339(environment.now()) },
        status: { userInfo: told(user!) },
      } as KubeObject
    },
  }
}

const told = ({ name, uid, groups, extra }: UserInfo): Record<string, unknown> => ({
  ...(name === '' ? {} : { username: name }),
  ...(uid ? { uid } : {}),
  ...(groups.length === 0 ? {} : { groups }),
  ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra: sortedMap(extra) }),
})
