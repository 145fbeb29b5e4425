import { internalError } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'
import type { Webhook } from './configuration.js'
import type { WebhookStep } from './observer.js'
import type { Shown } from './review.js'

/** Whether a request meets a webhook's match conditions. Throws ApiError where that cannot be told. */
export type ConditionCheck = (
  webhook: Webhook,
  view: ResourceView,
  attributes: AdmissionAttributes,
  shown: Shown,
  step: WebhookStep,
) => Promise<boolean> | boolean

/** For as long as there is nothing that evaluates expressions. */
export const noConditions: ConditionCheck = ({ name, conditions }) => {
  if (conditions.length > 0)
    throw internalError(`match conditions of webhook ${JSON.stringify(name)} cannot be evaluated by this server`)
  return true
}
