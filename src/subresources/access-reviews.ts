import {
  badRequest,
  FieldErrors,
  goValue,
  invalid,
  isLabelValue,
  isQualifiedName,
  type KubeObject,
  type ObjectMeta,
  parseFieldSelector,
  parseLabelSelector,
} from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { VirtualResource, WriteRequest } from '../registry/index.js'
import type { AccessQuestion, SubresourceEnvironment } from './environment.js'

type Sort = 'SubjectAccessReview' | 'SelfSubjectAccessReview' | 'LocalSubjectAccessReview'

/** SubjectAccessReview: may a user do something? Source: kubernetes pkg/registry/authorization. */
export const subjectAccessReviews = (environment: SubresourceEnvironment): VirtualResource =>
  accessReviews(environment, 'SubjectAccessReview')

/** SelfSubjectAccessReview: may I? */
export const selfSubjectAccessReviews = (environment: SubresourceEnvironment): VirtualResource =>
  accessReviews(environment, 'SelfSubjectAccessReview')

/** LocalSubjectAccessReview: may a user, in this namespace? */
export const localSubjectAccessReviews = (environment: SubresourceEnvironment): VirtualResource =>
  accessReviews(environment, 'LocalSubjectAccessReview')

function accessReviews(environment: SubresourceEnvironment, sort: Sort): VirtualResource {
  return {
    async create(context, object, request) {
      const spec: ReviewSpec = object.spec ?? {}
      if (!environment.enabled('AuthorizeWithSelectors')) {
        delete spec.resourceAttributes?.fieldSelector
        delete spec.resourceAttributes?.labelSelector
      }
      validate(object, spec, sort)
      await request.admit?.(object, undefined)
      const user = sort === 'SelfSubjectAccessReview' ? context.user! : userOf(spec)
      object.status = await decide(environment, user, spec)
      return object
    },
  }
}

/** SelfSubjectRulesReview: all that I may do in a namespace, as far as that can be told. */
export function selfSubjectRulesReviews(rulesFor: (user: UserInfo, namespace: string) => Rules): VirtualResource {
  return {
    async create(context, object, request: WriteRequest) {
      const namespace: string = object.spec?.namespace ?? ''
      if (namespace === '') throw badRequest('no namespace on request')
      await request.admit?.(object, undefined)
      const { resourceRules, nonResourceRules, incomplete, errors } = rulesFor(context.user!, namespace)
      const { kind, apiVersion } = object
      return {
        kind,
        apiVersion,
        metadata: {},
        spec: {},
        status: {
          resourceRules: resourceRules.map(withoutEmptyNames),
          nonResourceRules,
          incomplete,
          ...(errors.length === 0
            ? {}
            : { evaluationError: errors.length === 1 ? errors[0] : `[${errors.join(', ')}]` }),
        },
      } as KubeObject
    },
  }
}

/** Names that are not limited are left out. */
function withoutEmptyNames<T extends object>(rule: T): T {
  const { resourceNames, ...rest } = rule as { resourceNames?: readonly string[] }
  return resourceNames?.length === 0 ? (rest as T) : rule
}

export interface Rules {
  readonly resourceRules: readonly object[]
  readonly nonResourceRules: readonly unknown[]
  readonly incomplete: boolean
  readonly errors: readonly string[]
}

interface Requirement {
  readonly key?: string
  readonly operator?: string
  readonly values?: readonly string[]
}

interface SelectorAttributes {
  readonly rawSelector?: string
  readonly requirements?: readonly Requirement[]
}

interface ResourceAttributes {
  namespace?: string
  verb?: string
  group?: string
  version?: string
  resource?: string
  subresource?: string
  name?: string
  fieldSelector?: SelectorAttributes
  labelSelector?: SelectorAttributes
}

interface ReviewSpec {
  resourceAttributes?: ResourceAttributes
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
  uid?: string
}

const userOf = ({ user = '', groups = [], extra, uid }: ReviewSpec): UserInfo => ({
  name: user,
  groups,
  ...(extra === undefined ? {} : { extra }),
  ...(uid === undefined ? {} : { uid }),
})

async function decide(
  environment: SubresourceEnvironment,
  user: UserInfo,
  spec: ReviewSpec,
): Promise<Record<string, unknown>> {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec
  const field = selected('field', resource?.fieldSelector)
  const label = selected('label', resource?.labelSelector)
  const question: AccessQuestion = {
    user,
    verb: resource?.verb ?? path?.verb ?? '',
    isResourceRequest: resource !== undefined,
    apiGroup: resource?.group ?? '',
    apiVersion: resource?.version || '*',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    path: path?.path ?? '',
    fieldSelector: field.text,
    labelSelector: label.text,
  }
  const { verdict, reason, error } = await environment.authorize(question)
  const problems = [error?.message, field.problem, label.problem].filter((text) => text !== undefined)
  return {
    allowed: verdict === 'allow',
    ...(verdict === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
    ...(problems.length === 0 ? {} : { evaluationError: problems.join('; ') }),
  }
}

interface Selected {
  readonly text: string
  readonly problem?: string
}

const operators: Readonly<Record<'field' | 'label', ReadonlySet<string>>> = {
  field: new Set(['In', 'NotIn']),
  label: new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']),
}

/** A selector as a request would carry it. What is not understood is left out, which asks for more: that is safe. */
function selected(sort: 'field' | 'label', attributes: SelectorAttributes | undefined): Selected {
  if (attributes === undefined) return { text: '' }
  const what = `spec.resourceAttributes.${sort}Selector`
  const { rawSelector = '', requirements = [] } = attributes
  const parse = sort === 'field' ? parseFieldSelector : parseLabelSelector
  const valid = (text: string): boolean => {
    try {
      parse(text)
      return true
    } catch {
      return false
    }
  }
  if (rawSelector !== '')
    return valid(rawSelector) ? { text: rawSelector } : { text: '', problem: `${what} ignored due to parse error` }
  const texts = requirements.map((one) => (sort === 'field' ? fieldTerm(one) : labelTerm(one)))
  const understood = texts.filter((text): text is string => text !== undefined && valid(text))
  if (understood.length === texts.length) return { text: understood.join(',') }
  const how = understood.length > 0 ? 'partially ignored' : 'ignored'
  return { text: understood.join(','), problem: `${what} ${how} due to parse error` }
}

function fieldTerm({ key = '', operator = '', values = [] }: Requirement): string | undefined {
  if (!operators.field.has(operator) || values.length !== 1) return undefined
  return `${key}${operator === 'In' ? '=' : '!='}${values[0]!.replace(/[\\,=]/g, '\\$&')}`
}

function labelTerm({ key = '', operator = '', values = [] }: Requirement): string | undefined {
  if (!operators.label.has(operator)) return undefined
  if (operator === 'Exists') return key
  if (operator === 'DoesNotExist') return `!${key}`
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
}

/** Source: kubernetes pkg/apis/authorization/validation. */
function validate({ metadata }: KubeObject, spec: ReviewSpec, sort: Sort): void {
  const errors = new FieldErrors()
  const { resourceAttributes: resource, nonResourceAttributes: path, user, groups = [] } = spec
  const pathValue = { Path: path?.path ?? '', Verb: path?.verb ?? '' }
  if (resource !== undefined && path !== undefined)
    errors.invalid(
      'spec.nonResourceAttributes',
      pathValue,
      'cannot be specified in combination with resourceAttributes',
    )
  if (resource === undefined && path === undefined)
    errors.invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
  if (sort !== 'SelfSubjectAccessReview' && !user && groups.length === 0)
    errors.invalid('spec.user', user ?? '', 'at least one of user or group must be specified')
  validateSelector('field', resource?.fieldSelector, errors)
  validateSelector('label', resource?.labelSelector, errors)

  const local = sort === 'LocalSubjectAccessReview'
  if (!isEmpty(metadata, local))
    errors.invalid('metadata', metadata, local ? 'must be empty except for namespace' : 'must be empty')
  if (local) {
    if (resource !== undefined && (resource.namespace ?? '') !== (metadata.namespace ?? ''))
      errors.invalid('spec.resourceAttributes.namespace', resource.namespace ?? '', 'must match metadata.namespace')
    if (path !== undefined)
      errors.invalid('spec.nonResourceAttributes', pathValue, 'disallowed on this kind of request')
  }
  if (!errors.empty) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors)
}

function isEmpty(metadata: ObjectMeta, namespaceAllowed: boolean): boolean {
  return Object.entries(metadata).every(
    ([field, value]) =>
      value === undefined ||
      field === 'managedFields' ||
      (field === 'namespace' && namespaceAllowed) ||
      goValue(value) === '{}' ||
      goValue(value) === '[]' ||
      value === '',
  )
}

function validateSelector(
  sort: 'field' | 'label',
  selector: SelectorAttributes | undefined,
  errors: FieldErrors,
): void {
  if (selector === undefined) return
  const at = `spec.resourceAttributes.${sort}Selector`
  const { rawSelector = '', requirements = [] } = selector
  if (rawSelector !== '' && requirements.length > 0)
    errors.invalid(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')
  if (rawSelector === '' && requirements.length === 0)
    errors.required(`${at}.requirements`, `when ${at} is specified, requirements or rawSelector is required`)
  requirements.forEach((requirement, i) => {
    validateRequirement(sort, requirement, `${at}.requirements[${i}]`, errors)
  })
}

/** Operators that this server does not know are let through: those of newer clients. */
function validateRequirement(
  sort: 'field' | 'label',
  { key = '', operator, values = [] }: Requirement,
  at: string,
  errors: FieldErrors,
): void {
  if (sort === 'field' && key === '') errors.required(`${at}.key`, 'must be specified')
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
    errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
    errors.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
  if (sort === 'field') return
  for (const problem of isQualifiedName(key)) errors.invalid(`${at}.key`, key, problem)
  values.forEach((value, i) => {
    for (const problem of isLabelValue(value)) errors.invalid(`${at}.values[${i}]`, value, problem)
  })
}
