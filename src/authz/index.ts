// What other folders may use of authz/.
export { abacAuthorizer, parseAbacPolicies } from './abac.js'
export {
  type Attributes,
  type Authorizer,
  attributesOf,
  type Decision,
  type NonResourceRule,
  type ResourceRule,
  type UserRules,
} from './authorizer.js'
export {
  type AuthorizationConfiguration,
  type AuthorizerConfiguration,
  readAuthorizationConfiguration,
  validateAuthorizationConfiguration,
  type WebhookConfiguration,
} from './configuration.js'
export { escapeHtml, forbiddenError } from './forbidden.js'
export { nodeAuthorizer } from './node/node-authorizer.js'
export { NodeGraph, type NodeGraphKind } from './node/node-graph.js'
export { rbacEscalation } from './rbac/escalation.js'
export type { PolicyRule } from './rbac/policy-rule.js'
export { RbacAuthorizer } from './rbac/rbac-authorizer.js'
export type { RbacKind, RoleRef } from './rbac/rbac-index.js'
export { alwaysAllow, alwaysDeny, privilegedGroups } from './simple.js'
export { authorizerUnion } from './union.js'
export { type MatchConditionCompiler, matchConditionCompiler } from './webhook/match-conditions.js'
export { accessReviewVersions, webhookAuthorizer } from './webhook/webhook-authorizer.js'
