import type { KubeObject } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import { CredentialError, type TokenAuthenticator, type TokenIdentity } from './authenticator.js'

/** Sends a TokenReview and gives the answer. Rejects where there is none. */
export type TokenReviewer = (spec: {
  readonly token: string
  readonly audiences?: readonly string[]
}) => Promise<KubeObject>

/** Versions of authentication.k8s.io TokenReview that are spoken. */
export const tokenReviewVersions: readonly string[] = ['v1', 'v1beta1']

/**
 * Bearer tokens that another server judges (`--authentication-token-webhook-config-file`).
 * Source: apiserver plugin/pkg/authenticator/token/webhook.
 *
 * @param implicit audiences that the server answers for if it does not say: those of this server
 * @param failed told of calls that came to nothing: bad configuration, or an outage
 */
export function webhookTokens(
  review: TokenReviewer,
  implicit: readonly string[],
  failed: (error: Error) => void,
): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      let answer: KubeObject
      try {
        answer = await review({ token, ...(audiences.length === 0 ? {} : { audiences }) })
      } catch (error) {
        failed(error as Error)
        throw error
      }
      return verdict((answer.status ?? {}) as Status, audiences, implicit)
    },
  }
}

interface Status {
  readonly authenticated?: boolean
  readonly error?: string
  readonly audiences?: readonly string[]
  readonly user?: {
    readonly username?: string
    readonly uid?: string
    readonly groups?: readonly string[]
    readonly extra?: Readonly<Record<string, readonly string[]>>
  }
}

function verdict(status: Status, asked: readonly string[], implicit: readonly string[]): TokenIdentity | undefined {
  let audiences: readonly string[] | undefined
  if (asked.length > 0) {
    const told = status.audiences ?? []
    const meant = told.length > 0 ? told : implicit
    audiences = asked.filter((one) => meant.includes(one))
    if (audiences.length === 0) return undefined
  }
  if (status.authenticated !== true) {
    if (status.error !== undefined && status.error !== '') throw new CredentialError(status.error)
    return undefined
  }
  const { username = '', uid = '', groups = [], extra } = status.user ?? {}
  const user: UserInfo = {
    name: username,
    ...(uid === '' ? {} : { uid }),
    groups,
    ...(extra === undefined ? {} : { extra }),
  }
  return { user, audiences }
}
