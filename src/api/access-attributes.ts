/** Who wants to do what to which: what authorizers decide on. Source: apiserver pkg/authorization/authorizer. */
export interface AccessAttributes<User> {
  readonly user: User
  readonly verb: string
  readonly isResourceRequest: boolean
  readonly apiGroup: string
  readonly apiVersion: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** The whole path; all that counts for non-resource requests. */
  readonly path: string
  /** Unparsed; empty where there is none or it does not count for this verb. */
  readonly fieldSelector: string
  readonly labelSelector: string
}
