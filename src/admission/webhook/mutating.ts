import {
  applyJsonPatch,
  copyJson,
  DecodeError,
  decodeJsonPatch,
  equalJson,
  internalError,
  isObject,
  type Json,
  type KubeObject,
  setOwn,
} from '../../api/index.js'
import { parseJson } from '../../codec/index.js'
import type { GroupVersionKind } from '../../registry/index.js'
import { type AdmissionAttributes, type AdmissionPlugin, Reinvocation } from '../admission.js'
import { isAdmissionConfiguration } from '../matching/rules.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import type { WebhookCaller } from './caller.js'
import type { ConditionCheck } from './conditions.js'
import { type Webhook, Webhooks } from './configuration.js'
import { CallFailure } from './failures.js'
import { wantsToBeAsked } from './matching.js'
import type { Verdict } from './review.js'
import { isSameKind } from './shown-objects.js'

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

/** Which webhooks have to be asked again, once. Upstream: webhookReinvokeContext. */
class Rounds {
  #lastOutput: KubeObject | undefined
  readonly #invoked = new Set<string>()
  readonly #again = new Set<string>()

  isDue(webhook: Webhook): boolean {
    return this.#again.has(webhook.uid)
  }

  invoked(webhook: Webhook): void {
    if (webhook.reinvocable) this.#invoked.add(webhook.uid)
  }

  /** Somebody has changed the object: all who were asked before, and want that, are asked again. */
  changed(): void {
    for (const uid of this.#invoked) this.#again.add(uid)
    this.#invoked.clear()
  }

  ends(object: KubeObject | undefined): void {
    this.#lastOutput = object === undefined || this.#invoked.size === 0 ? undefined : copyJson(object)
  }

  begins(object: KubeObject | undefined): void {
    if (this.#lastOutput !== undefined && !equalJson(this.#lastOutput, object)) this.changed()
  }
}

/** The object in the version of the webhook before, and whether it has been changed since it was shown. */
interface Current {
  readonly kind: GroupVersionKind
  object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  dirty: boolean
}

class Mutation {
  #current: Current | undefined
  readonly #rounds: Rounds

  constructor(
    readonly attributes: AdmissionAttributes,
    readonly reinvocation: Reinvocation,
    readonly objects: ObjectReader,
    readonly caller: WebhookCaller,
    readonly conditions: ConditionCheck,
  ) {
    this.#rounds = reinvocation.of(pluginName, () => new Rounds())
  }

  async run(webhooks: readonly Webhook[]): Promise<void> {
    const { attributes, reinvocation } = this
    if (reinvocation.isReinvoke) this.#rounds.begins(attributes.object)
    for (const [i, webhook] of webhooks.entries()) {
      const object = this.#current?.object ?? attributes.object
      const view = wantsToBeAsked(webhook, attributes, object, this.objects)
      if (view === undefined) continue
      // Who is asked a second time meets its conditions again or not, but only those are evaluated who would be asked.
      if (webhook.conditions.length > 0) {
        const shown = await this.#show(view.kind)
        if (!(await this.conditions(webhook, view, attributes, shown, 'admit'))) continue
      }
      if (reinvocation.isReinvoke && !this.#rounds.isDue(webhook)) continue
      await this.#ask(webhook, view, i)
    }
    await this.#keep()
    this.#rounds.ends(attributes.object)
  }

  async #ask(webhook: Webhook, view: ResourceView, index: number): Promise<void> {
    const { attributes, caller, reinvocation } = this
    const current = await this.#show(view.kind)
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
      attributes.annotate?.(
        `mutation.webhook.admission.k8s.io/${place}`,
        JSON.stringify({ ...about, mutated: changed }),
      )
    }
    if (changed) {
      this.#rounds.changed()
      reinvocation.shouldReinvoke = true
    }
    this.#rounds.invoked(webhook)
    if (failure instanceof CallFailure) throw internalError(failure.message)
    if (failure !== undefined) throw failure
  }

  /** Tells whether something is different now. */
  #patch(webhook: Webhook, current: Current, { patch, patchType }: Verdict, place: string): boolean {
    if (patch.length === 0) return false
    const { attributes } = this
    const operations = decodePatch(webhook.name, patch)
    if (operations.length === 0) return false
    const { name } = webhook
    if (current.object === undefined)
      throw internalError(
        `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
      )
    if (patchType !== 'JSONPatch')
      throw new CallFailure(name, `unsupported patch type ${JSON.stringify(patchType)}`, 400)
    const before = current.object
    current.object = this.#patched(before, operations, current.kind)
    current.dirty = true
    attributes.annotate?.(
      `patch.webhook.admission.k8s.io/${place}`,
      JSON.stringify({
        configuration: webhook.configuration,
        webhook: name,
        patch: operations,
        patchType: 'JSONPatch',
      }),
      'Request',
    )
    return !equalJson(before, current.object)
  }

  #patched(before: KubeObject, operations: ReturnType<typeof decodePatch>, kind: GroupVersionKind): KubeObject {
    const { views } = this.attributes
    let patched: Json
    try {
      patched = applyJsonPatch(before as unknown as Json, operations)
    } catch (error) {
      throw internalError(((error as Error).cause as Error | undefined)?.message ?? (error as Error).message)
    }
    try {
      if (!isObject(patched)) throw new DecodeError('the patched object is none')
      // Of what belongs to the patch or the object before nothing may change with it.
      const own = copyJson(patched)
      return views === undefined ? (own as unknown as KubeObject) : views.read(own, kind)
    } catch (error) {
      if (error instanceof DecodeError) throw internalError(error.message)
      throw error
    }
  }

  /** The objects in a version of their kind, as the webhooks before have left them. */
  async #show(kind: GroupVersionKind): Promise<Current> {
    if (this.#current !== undefined && isSameKind(this.#current.kind, kind)) return this.#current
    await this.#keep()
    const { views, object, oldObject } = this.attributes
    const show = async (each: KubeObject | undefined): Promise<KubeObject | undefined> =>
      each === undefined || views === undefined ? each : await views.show(each, kind)
    // What is shown may be the object itself, which others change in place.
    const current = { kind, object: await show(object), oldObject: await show(oldObject), dirty: false }
    this.#current = current
    return current
  }

  /** Makes the request's object what has become of it in the version shown. */
  async #keep(): Promise<void> {
    const { attributes } = this
    const current = this.#current
    this.#current = undefined
    if (current?.dirty !== true || current.object === undefined || attributes.object === undefined) return
    const { views, oldObject } = attributes
    const kept = views === undefined ? current.object : await views.keep(current.object, current.kind, oldObject)
    replace(attributes.object, kept)
  }
}

function decodePatch(name: string, bytes: Buffer): ReturnType<typeof decodeJsonPatch>['operations'] {
  try {
    return decodeJsonPatch(parseJson(bytes).value as Json, 'Ignore').operations
  } catch (error) {
    throw new CallFailure(name, `received undecodable patch in webhook response: ${(error as Error).message}`, 503)
  }
}

/** In place: others hold on to the object. */
function replace(object: KubeObject, by: KubeObject): void {
  if (object === by) return
  for (const key of Object.keys(object)) if (!Object.hasOwn(by, key)) delete object[key]
  for (const key of Object.keys(by)) setOwn(object, key, by[key])
}
