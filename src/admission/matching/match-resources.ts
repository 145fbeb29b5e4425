import type { LabelSelectorSpec } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import { type MatchRule, matchRules } from './rules.js'
import { namespaceSelected, objectSelected, type Selectors, selectorsOf } from './selectors.js'

/** What policies and their bindings are for, as it is stored. */
export interface MatchResources {
  readonly namespaceSelector?: LabelSelectorSpec
  readonly objectSelector?: LabelSelectorSpec
  readonly resourceRules?: readonly MatchRule[]
  readonly excludeResourceRules?: readonly MatchRule[]
  readonly matchPolicy?: string
}

/** The same, made ready once. */
export interface ResourceMatcher {
  readonly rules: readonly MatchRule[]
  readonly excluded: readonly MatchRule[]
  readonly matchPolicy: string | undefined
  readonly selectors: Selectors
}

export const resourceMatcher = (match: MatchResources): ResourceMatcher => ({
  rules: match.resourceRules ?? [],
  excluded: match.excludeResourceRules ?? [],
  matchPolicy: match.matchPolicy,
  selectors: selectorsOf(match),
})

/**
 * Under which name a request is matched; undefined: it is not. Without rules every request is.
 * Throws NotFound if there is no such namespace. Source: apiserver pkg/admission/plugin/policy/matching.
 */
export function matchResources(
  { rules, excluded, matchPolicy, selectors }: ResourceMatcher,
  attributes: AdmissionAttributes,
  objects: ObjectReader,
): ResourceView | undefined {
  const { resource, kind, object, oldObject } = attributes
  const view = rules.length === 0 ? { resource, kind } : matchRules(rules, matchPolicy, attributes)
  if (view === undefined) return undefined
  if (!objectSelected(selectors.objects, object, oldObject)) return undefined
  if (excluded.length > 0 && matchRules(excluded, matchPolicy, attributes) !== undefined) return undefined
  return namespaceSelected(selectors.namespaces, attributes, object, objects) ? view : undefined
}
