import type { UserInfo } from '../http/index.js'

/** A question to the server's authorizers, for plugins that ask for more than the request itself needs. */
export interface AccessQuestion {
  readonly user: UserInfo
  readonly verb: string
  readonly apiGroup: string
  readonly apiVersion: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
}

/** An authorizer that breaks counts as no. */
export interface Access {
  readonly allowed: boolean
  /** What the authorizers have to say of it; may be empty. */
  readonly reason: string
}

export type Authorize = (question: AccessQuestion) => Promise<Access> | Access
