import { type LabelRequirement, parseFieldSelector, parseLabelSelector, sortedMap } from '../../api/index.js'
import type { Attributes } from '../authorizer.js'

/** The spec of a SubjectAccessReview of authorization.k8s.io/v1; members are absent where Go leaves them out. */
export interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string }
  readonly user?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
  readonly uid?: string
}

export interface ResourceAttributes {
  readonly namespace?: string
  readonly verb?: string
  readonly group?: string
  readonly version?: string
  readonly resource?: string
  readonly subresource?: string
  readonly name?: string
  readonly fieldSelector?: { readonly requirements: readonly SelectorRequirement[] }
  readonly labelSelector?: { readonly requirements: readonly SelectorRequirement[] }
}

export interface SelectorRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

/** What another server is asked. Source: apiserver plugin/pkg/authorizer/webhook. */
export function reviewSpec(attributes: Attributes): ReviewSpec {
  const { user, isResourceRequest, path, verb } = attributes
  const { name, uid = '', groups, extra } = user
  return {
    ...(isResourceRequest
      ? { resourceAttributes: resourceAttributes(attributes) }
      : { nonResourceAttributes: given({ path, verb }) }),
    ...given({ user: name }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra: sortedMap(extra) }),
    ...given({ uid }),
  }
}

/** The same in the words of v1beta1, where groups are called `group`. */
export function betaReviewSpec({ groups, ...spec }: ReviewSpec): object {
  const { resourceAttributes: resource, nonResourceAttributes: path, user, ...more } = spec
  return {
    ...(resource === undefined ? {} : { resourceAttributes: resource }),
    ...(path === undefined ? {} : { nonResourceAttributes: path }),
    ...(user === undefined ? {} : { user }),
    ...(groups === undefined ? {} : { group: groups }),
    ...more,
  }
}

function resourceAttributes(attributes: Attributes): ResourceAttributes {
  const { namespace, verb, apiGroup, apiVersion, resource, subresource, name } = attributes
  const fields = fieldRequirements(attributes.fieldSelector)
  const labels = labelRequirements(attributes.labelSelector)
  return {
    ...given({ namespace, verb, group: apiGroup, version: apiVersion, resource, subresource, name }),
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  }
}

/** Without the empty ones. */
const given = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''))

/** A selector that cannot be understood is left out: that asks for more, which is safe. */
function fieldRequirements(selector: string): SelectorRequirement[] {
  if (selector === '') return []
  try {
    return parseFieldSelector(selector).terms.map(({ field, operator, value }) => ({
      key: field,
      operator: operator === '=' ? 'In' : 'NotIn',
      values: [value],
    }))
  } catch {
    return []
  }
}

const operators: Partial<Record<LabelRequirement['operator'], SelectorRequirement['operator']>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
}

function labelRequirements(selector: string): SelectorRequirement[] {
  if (selector === '') return []
  try {
    return parseLabelSelector(selector).requirements.flatMap(({ key, operator, values }) => {
      const told = operators[operator]
      if (told === undefined) return []
      return [{ key, operator: told, ...(values.length === 0 ? {} : { values: [...values].sort() }) }]
    })
  } catch {
    return []
  }
}
