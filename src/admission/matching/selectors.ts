import {
  internalError,
  type KubeObject,
  LabelSelector,
  type LabelSelectorSpec,
  labelSelectorOf,
  notFound,
} from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ObjectReader } from '../objects.js'

/** The selectors of a webhook or a policy, parsed once. */
export interface Selectors {
  readonly namespaces: LabelSelector
  readonly objects: LabelSelector
}

/** What is absent selects everything, as it is filled in when it is written. */
export const selectorsOf = (spec: {
  readonly namespaceSelector?: LabelSelectorSpec
  readonly objectSelector?: LabelSelectorSpec
}): Selectors => ({
  namespaces: selectorOf(spec.namespaceSelector ?? {}),
  objects: selectorOf(spec.objectSelector ?? {}),
})

function selectorOf(spec: LabelSelectorSpec): LabelSelector {
  try {
    return labelSelectorOf(spec)
  } catch (error) {
    return new BrokenSelector((error as Error).message)
  }
}

/** One that was stored before it was refused. Only requests that come to it fail, not all. */
class BrokenSelector extends LabelSelector {
  constructor(readonly reason: string) {
    super([])
  }

  override get empty(): boolean {
    return false
  }

  override matches(): never {
    throw internalError(this.reason)
  }
}

/**
 * Whether the object, as it is or as it was, is selected.
 * Source: apiserver pkg/admission/plugin/webhook/predicates/object.
 */
export function objectSelected(
  selector: LabelSelector,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
): boolean {
  if (selector.empty) return true
  return matches(selector, object) || matches(selector, oldObject)
}

/** What is connected with has options that are no objects: no selector but the empty one selects them. */
function matches(selector: LabelSelector, object: Partial<KubeObject> | undefined): boolean {
  return object?.metadata !== undefined && selector.matches(object.metadata.labels)
}

/**
 * Whether the request's namespace is selected; what has none always is. A namespace that is written is judged by the labels
 * that it will have. Throws NotFound.
 * Source: apiserver pkg/admission/plugin/webhook/predicates/namespace.
 */
export function namespaceSelected(
  selector: LabelSelector,
  { namespace, resource, subresource, operation }: AdmissionAttributes,
  object: KubeObject | undefined,
  objects: ObjectReader,
): boolean {
  if (selector.empty || (namespace === '' && resource.resource !== 'namespaces')) return true
  const isWritten = resource.resource === 'namespaces' && subresource === '' && object !== undefined
  if (isWritten && (operation === 'CREATE' || operation === 'UPDATE')) return selector.matches(object.metadata.labels)
  const found = objects.find('/namespaces', '', namespace)
  if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  return selector.matches(found.metadata.labels)
}
