import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import { matchRules } from '../matching/rules.js'
import { namespaceSelected, objectSelected } from '../matching/selectors.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import type { Webhook } from './configuration.js'

/**
 * Under which name a webhook wants to be asked about a request; undefined: it does not. Its match conditions are not looked at.
 * Throws NotFound if there is no such namespace.
 *
 * @param object as it is now, after those before it
 * @see apiserver pkg/admission/plugin/webhook/generic, ShouldCallHook
 */
export function wantsToBeAsked(
  { rules, matchPolicy, selectors }: Webhook,
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  objects: ObjectReader,
): ResourceView | undefined {
  const view = matchRules(rules, matchPolicy, attributes)
  if (view === undefined) return undefined
  if (!objectSelected(selectors.objects, object, attributes.oldObject)) return undefined
  return namespaceSelected(selectors.namespaces, attributes, object, objects) ? view : undefined
}
