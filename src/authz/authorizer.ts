import type { AccessAttributes } from '../api/index.js'
import type { RequestContext, UserInfo } from '../http/index.js'

export type Attributes = AccessAttributes<UserInfo>

/**
 * `allow` and `deny` end the question, `none` leaves it to the next authorizer; if nobody allows, the request is forbidden.
 * `reason` goes to the client with a refusal and to the audit log; empty: nothing to say.
 */
export interface Decision {
  readonly verdict: 'allow' | 'deny' | 'none'
  readonly reason: string
  /** The verdict is `none` because something broke: if nobody else allows, the answer is 500. */
  readonly error?: Error
}

/** Answers at once where it can: a promise is for authorizers that ask elsewhere. */
export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>
  /** The rules a user has in a namespace; absent if this authorizer cannot tell them. */
  rulesFor?(user: UserInfo, namespace: string): UserRules
}

/** As in the status of a SelfSubjectRulesReview. */
export interface UserRules {
  readonly resourceRules: readonly ResourceRule[]
  readonly nonResourceRules: readonly NonResourceRule[]
  /** True if there may be more rules than are told. */
  readonly incomplete: boolean
  readonly errors: readonly string[]
}

export interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
}

export interface NonResourceRule {
  readonly verbs: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

const nobody: UserInfo = Object.freeze({ name: '', groups: [] })

/** The attributes of a request whose user and info are known. */
export function attributesOf(context: RequestContext): Attributes {
  const { info } = context
  return {
    user: context.user ?? nobody,
    verb: info.verb,
    isResourceRequest: info.isResourceRequest,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    fieldSelector: info.fieldSelector,
    labelSelector: info.labelSelector,
  }
}

export const allowed: Decision = Object.freeze({ verdict: 'allow', reason: '' })
export const noOpinion: Decision = Object.freeze({ verdict: 'none', reason: '' })
