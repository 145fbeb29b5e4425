import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { Amounts } from '../pod-resources.js'

/** One condition under which a quota counts an object. core/v1 ScopedResourceSelectorRequirement. */
export interface ScopeSelector {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** Measures objects of one resource. Source: apiserver pkg/quota/v1, Evaluator. */
export interface Evaluator {
  /** Whether this request can change what is used. */
  handles(attributes: AdmissionAttributes): boolean
  /** Whether a name in a quota is about these objects. */
  matches(name: string): boolean
  matchesScope(selector: ScopeSelector, object: KubeObject): boolean
  /** What an object must say of itself to be counted; the text of a complaint. */
  constraint(names: readonly string[], object: KubeObject): string | undefined
  usage(object: KubeObject): Amounts
}

/** Whether a value that an object has (or has not) is selected. */
export function selects({ operator, values = [] }: ScopeSelector, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual)
    case 'NotIn':
      return actual === undefined || !values.includes(actual)
    case 'Exists':
      return actual !== undefined
    case 'DoesNotExist':
      return actual === undefined
    default:
      return false
  }
}

/** `count/deployments.apps` */
export const countName = (group: string, resource: string): string =>
  group === '' ? `count/${resource}` : `count/${resource}.${group}`
