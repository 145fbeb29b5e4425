import type { Condition, LabelSelectorSpec, WebhookService } from '../../api/index.js'

export interface Webhook {
  name?: string
  clientConfig?: { url?: string; service?: WebhookService & { port?: number }; caBundle?: string }
  rules?: Rule[]
  failurePolicy?: string
  matchPolicy?: string
  namespaceSelector?: LabelSelectorSpec
  objectSelector?: LabelSelectorSpec
  sideEffects?: string | null
  timeoutSeconds?: number
  admissionReviewVersions?: string[] | null
  /** Of mutating webhooks only. */
  reinvocationPolicy?: string
  matchConditions?: MatchCondition[]
}

export interface Rule {
  operations?: string[]
  apiGroups?: string[]
  apiVersions?: string[]
  resources?: string[]
  scope?: string
}

export interface NamedRule extends Rule {
  resourceNames?: string[]
}

export interface MatchCondition {
  name?: string
  expression?: string
}

export interface MatchResources {
  namespaceSelector?: LabelSelectorSpec
  objectSelector?: LabelSelectorSpec
  resourceRules?: NamedRule[]
  excludeResourceRules?: NamedRule[]
  matchPolicy?: string
}

export interface ParamKind {
  apiVersion?: string
  kind?: string
}

export interface ParamRef {
  name?: string
  namespace?: string
  selector?: LabelSelectorSpec
  parameterNotFoundAction?: string
}

export interface Variable {
  name?: string
  expression?: string
}

/** What policies of both kinds have. */
export interface PolicySpec {
  paramKind?: ParamKind
  matchConstraints?: MatchResources
  failurePolicy?: string
  matchConditions?: MatchCondition[]
  variables?: Variable[]
}

export interface ValidatingPolicySpec extends PolicySpec {
  validations?: Validation[]
  auditAnnotations?: AuditAnnotation[]
}

export interface Validation {
  expression?: string
  message?: string
  reason?: string
  messageExpression?: string
}

export interface AuditAnnotation {
  key?: string
  valueExpression?: string
}

export interface ValidatingPolicyStatus {
  typeChecking?: { expressionWarnings?: { fieldRef?: string; warning?: string }[] }
  conditions?: Condition[]
}

export interface MutatingPolicySpec extends PolicySpec {
  mutations?: Mutation[]
  reinvocationPolicy?: string
}

export interface Mutation {
  patchType?: string
  applyConfiguration?: { expression?: string }
  jsonPatch?: { expression?: string }
}

/** Of bindings of both kinds; actions are of validating ones only. */
export interface BindingSpec {
  policyName?: string
  paramRef?: ParamRef
  matchResources?: MatchResources
  validationActions?: string[]
}
