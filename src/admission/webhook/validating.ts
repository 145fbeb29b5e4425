import { internalError, timeout } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { isAdmissionConfiguration } from '../matching/rules.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import type { WebhookCaller } from './caller.js'
import type { ConditionCheck } from './conditions.js'
import { type Webhook, Webhooks } from './configuration.js'
import { CallFailure } from './failures.js'
import { wantsToBeAsked } from './matching.js'
import type { Shown } from './review.js'
import { isSameKind, showObjects } from './shown-objects.js'

const resource = 'admissionregistration.k8s.io/validatingwebhookconfigurations'

interface Invocation {
  readonly webhook: Webhook
  readonly view: ResourceView
  readonly shown: Shown
}

/**
 * Asks all validating webhooks that want to be asked at once; the first to say no is heard.
 * Source: apiserver pkg/admission/plugin/webhook/validating.
 */
export function validatingAdmissionWebhook(
  objects: ObjectReader,
  caller: WebhookCaller,
  conditions: ConditionCheck,
): AdmissionPlugin {
  const webhooks = new Webhooks(objects, resource)
  return {
    name: 'ValidatingAdmissionWebhook',
    handles: () => true,
    validate(attributes) {
      const { list } = webhooks
      if (list.length === 0 || isAdmissionConfiguration(attributes)) return
      return validate(list, attributes, objects, caller, conditions)
    },
  }
}

async function validate(
  webhooks: readonly Webhook[],
  attributes: AdmissionAttributes,
  objects: ObjectReader,
  caller: WebhookCaller,
  conditions: ConditionCheck,
): Promise<void> {
  const invocations: Invocation[] = []
  for (const webhook of webhooks) {
    const view = wantsToBeAsked(webhook, attributes, attributes.object, objects)
    if (view === undefined) continue
    const same = invocations.find((other) => isSameKind(other.view.kind, view.kind))
    const shown = same?.shown ?? (await showObjects(attributes, view.kind))
    if (await conditions(webhook, view, attributes, shown, 'validating')) invocations.push({ webhook, view, shown })
  }
  if (invocations.length === 0) return
  if (attributes.time?.signal.aborted === true) throw timeout('request did not complete within requested timeout')
  const errors: unknown[] = []
  const began = performance.now()
  await Promise.all(
    invocations.map(async (invocation, i) => {
      const error = await ask(invocation, i, attributes, caller)
      if (error !== undefined) errors.push(error)
    }),
  )
  if (attributes.time !== undefined) attributes.time.webhookMs += performance.now() - began
  if (errors.length > 0) throw errors[0]
}

async function ask(
  { webhook, view, shown }: Invocation,
  index: number,
  attributes: AdmissionAttributes,
  caller: WebhookCaller,
): Promise<unknown> {
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  try {
    await caller.call(webhook, view, attributes, shown, false)
  } catch (error) {
    try {
      const failure = caller.failed(webhook, 'validating', attributes, error, seconds())
      if (failure instanceof CallFailure) return internalError(failure.message)
      if (failure === undefined)
        attributes.annotate?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name)
      return failure
    } catch (over) {
      return over
    }
  }
  caller.options.observer.called(webhook.name, 'validating', attributes.operation, seconds(), false, 200)
  return undefined
}
