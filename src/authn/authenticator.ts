import type { RequestContext, UserInfo } from '../http/index.js'

/**
 * Finds out who sent a request. There are three outcomes:
 *
 * - a user: the request carries credentials of this kind and they are good;
 * - undefined: it carries none of this kind, the next one may look;
 * - `CredentialError` thrown: it carries some and they are bad. Other kinds are still tried (a request with a stranger's
 *   certificate and a good token is authenticated), but if none is good the answer is 401, never anonymous.
 *
 * Anything else that is thrown is a bug or a broken dependency and treated like bad credentials, but logged as an error.
 * Answers at once where it can; a promise only where something is waited for.
 */
export interface Authenticator {
  authenticate(context: RequestContext): UserInfo | undefined | Promise<UserInfo | undefined>
}

/** A good bearer token. */
export interface TokenIdentity {
  readonly user: UserInfo
  /** Those of the asked-for audiences the token is meant for; undefined if the kind of token knows no audiences. */
  readonly audiences: readonly string[] | undefined
  /** What is to be told each time it is used. */
  readonly remarks?: TokenRemarks
}

export interface TokenRemarks {
  /** For the audit log. */
  readonly annotations: Readonly<Record<string, string>>
  /** For the client. */
  readonly warning?: string
}

/** The same three outcomes for a bearer token, for requests and for TokenReview alike. */
export interface TokenAuthenticator {
  /** @param audiences who asks: the token must be meant for one of them */
  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): TokenIdentity | undefined | Promise<TokenIdentity | undefined>
}

/** Credentials that are there and bad. Its message may be told to the bearer (TokenReview) and never holds the credential. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
}

/** One error for all that went wrong, as upstream's aggregates print. */
export function aggregate(errors: readonly Error[]): Error {
  if (errors.length === 1) return errors[0]!
  const texts = [...new Set(errors.map((error) => error.message))]
  const text = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
  const broken = errors.find((error) => !(error instanceof CredentialError))
  return broken === undefined ? new CredentialError(text) : new Error(text, { cause: broken })
}
