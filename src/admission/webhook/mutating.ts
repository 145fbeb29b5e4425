import {
  applyJsonPatch,
  copyJson,
  DecodeError,
  decodeJsonPatch,
  equalJson,
  internalError,
  type Json,
  type KubeObject,
  type Literals,
} from '../../api/index.js'
import { parseJson, stringifyJson } from '../../codec/index.js'
import type { GroupVersionKind } from '../../registry/index.js'
import { type AdmissionAttributes, type AdmissionPlugin, Reinvocation } from '../admission.js'
import { CurrentObject, type ShownObject } from '../current-object.js'
import { isAdmissionConfiguration } from '../matching/rules.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import { Rounds } from '../rounds.js'
import type { WebhookCaller } from './caller.js'
import type { ConditionCheck } from './conditions.js'
import { type Webhook, Webhooks } from './configuration.js'
import { CallFailure } from './failures.js'
import { wantsToBeAsked } from './matching.js'
import type { Verdict } from './review.js'

const resource = 'admissionregistration.k8s.io/mutatingwebhookconfigurations'
const pluginName = 'MutatingAdmissionWebhook'

/**
 * Asks mutating webhooks, one after the other, and changes the object as they say.
 * Source: apiserver pkg/admission/plugin/webhook/mutating.
 */
export function mutatingAdmissionWebhook(
  objects: ObjectReader,
  caller: WebhookCaller,
  conditions: ConditionCheck,
): AdmissionPlugin {
  const webhooks = new Webhooks(objects, resource)
  return {
    name: pluginName,
    handles: () => true,
    admit(attributes, reinvocation = new Reinvocation()) {
      const { list } = webhooks
      if (list.length === 0 || isAdmissionConfiguration(attributes)) return
      return new Mutation(attributes, reinvocation, objects, caller, conditions).run(list)
    },
  }
}

class Mutation {
  readonly #current: CurrentObject
  readonly #rounds: Rounds

  constructor(
    readonly attributes: AdmissionAttributes,
    readonly reinvocation: Reinvocation,
    readonly objects: ObjectReader,
    readonly caller: WebhookCaller,
    readonly conditions: ConditionCheck,
  ) {
    this.#current = new CurrentObject(attributes)
    this.#rounds = reinvocation.of(pluginName, () => new Rounds())
  }

  async run(webhooks: readonly Webhook[]): Promise<void> {
    const { attributes, reinvocation } = this
    if (reinvocation.isReinvoke) this.#rounds.begins(attributes.object)
    for (const [i, webhook] of webhooks.entries()) {
      const { object } = this.#current
      const view = wantsToBeAsked(webhook, attributes, object, this.objects)
      if (view === undefined) continue
      // Who is asked a second time meets its conditions again or not, but only those are evaluated who would be asked.
      if (webhook.conditions.length > 0) {
        const shown = await this.#current.show(view.kind)
        if (!(await this.conditions(webhook, view, attributes, shown, 'admit'))) continue
      }
      if (reinvocation.isReinvoke && !this.#rounds.isDue(webhook.uid)) continue
      await this.#ask(webhook, view, i)
    }
    await this.#current.keep()
    this.#rounds.ends(attributes.object)
  }

  async #ask(webhook: Webhook, view: ResourceView, index: number): Promise<void> {
    const { attributes, caller, reinvocation } = this
    const current = await this.#current.show(view.kind)
    const began = performance.now()
    const seconds = (): number => (performance.now() - began) / 1000
    const place = `round_${reinvocation.isReinvoke ? 1 : 0}_index_${index}`
    const about = { configuration: webhook.configuration, webhook: webhook.name }
    let changed = false
    let failure: unknown
    try {
      const verdict = await caller.call(webhook, view, attributes, current, true)
      changed = this.#patch(webhook, current, verdict, place)
      caller.options.observer.called(webhook.name, 'admit', attributes.operation, seconds(), false, 200)
    } catch (error) {
      failure = caller.failed(webhook, 'admit', attributes, error, seconds())
      if (failure === undefined)
        attributes.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${place}`, webhook.name)
    } finally {
      if (attributes.time !== undefined) attributes.time.webhookMs += performance.now() - began
      attributes.annotate?.(
        `mutation.webhook.admission.k8s.io/${place}`,
        JSON.stringify({ ...about, mutated: changed }),
      )
    }
    if (changed) {
      this.#rounds.changed()
      reinvocation.shouldReinvoke = true
    }
    if (webhook.reinvocable) this.#rounds.invoked(webhook.uid)
    if (failure instanceof CallFailure) throw internalError(failure.message)
    if (failure !== undefined) throw failure
  }

  /** Tells whether something is different now. */
  #patch(webhook: Webhook, current: ShownObject, { patch, patchType }: Verdict, place: string): boolean {
    if (patch.length === 0) return false
    const { attributes } = this
    const decoded = decodePatch(webhook.name, patch)
    if (decoded.operations.length === 0) return false
    const { name } = webhook
    if (current.object === undefined)
      throw internalError(
        `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
      )
    if (patchType !== 'JSONPatch')
      throw new CallFailure(name, `unsupported patch type ${JSON.stringify(patchType)}`, 400)
    const before = current.object
    const changed = this.#patched(before, decoded, current.kind)
    current.change(changed)
    attributes.annotate?.(
      `patch.webhook.admission.k8s.io/${place}`,
      stringifyJson({
        configuration: webhook.configuration,
        webhook: name,
        patch: decoded.operations,
        patchType: 'JSONPatch',
      }),
      'Request',
    )
    return !equalJson(before, changed)
  }

  #patched(before: KubeObject, { operations, literals }: WebhookPatch, kind: GroupVersionKind): KubeObject {
    const { views } = this.attributes
    let patched: Json
    try {
      patched = applyJsonPatch(before as unknown as Json, operations, { literals })
    } catch (error) {
      throw internalError(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message)
    }
    try {
      // Of what belongs to the patch or the object before nothing may change with it.
      const own = copyJson(patched)
      return views === undefined ? (own as unknown as KubeObject) : views.readPatched(own, kind)
    } catch (error) {
      if (error instanceof DecodeError) throw internalError(error.message)
      throw error
    }
  }
}

/** Its values keep their numbers as they were written: what they become is up to the fields they end in. */
interface WebhookPatch {
  readonly operations: ReturnType<typeof decodeJsonPatch>['operations']
  readonly literals: Literals | undefined
}

function decodePatch(name: string, bytes: Buffer): WebhookPatch {
  try {
    const { value, literals } = parseJson(bytes, { exactNumbers: true, literals: bytes.includes('"test"') })
    return { operations: decodeJsonPatch(value as Json, 'Ignore').operations, literals }
  } catch (error) {
    throw new CallFailure(name, `received undecodable patch in webhook response: ${(error as Error).message}`, 503)
  }
}
