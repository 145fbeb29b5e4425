import { forbidden } from '../../api/index.js'
import type { CompiledExpression } from '../../registry/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { Decide } from '../expressions/checks.js'
import type { Expression } from '../expressions/evaluation.js'
import type { ResourceView } from '../object-views.js'
import { type Engine, LazyEngine } from '../policy/load-engine.js'
import type { Webhook } from './configuration.js'
import type { WebhookObserver, WebhookStep } from './observer.js'
import type { Shown } from './review.js'

/** Whether a request meets a webhook's match conditions. Throws Forbidden where that cannot be told. */
export type ConditionCheck = (
  webhook: Webhook,
  view: ResourceView,
  attributes: AdmissionAttributes,
  shown: Shown,
  step: WebhookStep,
) => Promise<boolean> | boolean

const noVariables: ReadonlyMap<string, CompiledExpression> = new Map()

/** Conditions are compiled when a webhook is asked about for the first time. */
export function conditionCheck(decide: Decide, observer: WebhookObserver): ConditionCheck {
  const lazy = new LazyEngine()
  const compiled = new WeakMap<Webhook, readonly Expression[]>()
  const expressionsOf = ({ compileConditions }: Engine, webhook: Webhook): readonly Expression[] => {
    let expressions = compiled.get(webhook)
    if (expressions === undefined) {
      expressions = compileConditions(webhook.conditions)
      compiled.set(webhook, expressions)
    }
    return expressions
  }
  return (webhook, view, attributes, shown, step) =>
    webhook.conditions.length === 0 || check(webhook, view, attributes, shown, step)

  async function check(
    webhook: Webhook,
    view: ResourceView,
    attributes: AdmissionAttributes,
    { object, oldObject }: Shown,
    step: WebhookStep,
  ): Promise<boolean> {
    const { name, ignoresFailures } = webhook
    const engine = lazy.loaded ?? (await lazy.load())
    const { evaluateConditions, RequestChecks, requestValue } = engine
    const expressions = expressionsOf(engine, webhook)
    const checks = new RequestChecks(decide, attributes)
    const { operation } = attributes
    const input = {
      object,
      oldObject,
      params: undefined,
      // Webhooks are not told of it.
      namespace: undefined,
      request: () => requestValue(attributes, view),
      authorizer: checks.authorizer,
      requestResource: checks.requestResource,
    }
    const began = performance.now()
    const met = await checks.answered(() => evaluateConditions(expressions, noVariables, input, ignoresFailures))
    const type = step === 'admit' ? 'admit' : 'validating'
    observer.conditionsEvaluated(name, 'webhook', type, operation, (performance.now() - began) / 1000)
    if (met === true) return true
    if (met === false) {
      observer.conditionsExcluded(name, 'webhook', type, operation)
      return false
    }
    for (let i = 0; i < met.failed; i++) observer.conditionFailed(name, 'webhook', type, operation)
    throw forbidden(attributes.resource, attributes.name, met.error)
  }
}
