import { ApiError, type KubeObject, notFound, type Reason } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import { RequestChecks } from '../expressions/checks.js'
import { requestValue } from '../expressions/request-value.js'
import { matchResources } from '../matching/match-resources.js'
import type { ResourceView } from '../object-views.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { showObjects } from '../webhook/shown-objects.js'
import type { ValidatingExpressions } from './compile.js'
import { errorTypeOf } from './observer.js'
import { collectParams } from './params.js'
import type { PolicyEnvironment } from './plugins.js'
import { type Binding, type BoundPolicy, paramResource } from './policies.js'
import { type Decision, type Outcome, validateOnce } from './validate-once.js'

/**
 * Asks policies about a request. A promise is returned only where one of them is for it.
 * Source: apiserver pkg/admission/plugin/policy/validating.
 */
export const reviewValidating = (
  environment: PolicyEnvironment,
  attributes: AdmissionAttributes,
  policies: readonly Policy[],
): Promise<void> | undefined => new Review(environment, attributes).run(policies)

type Policy = BoundPolicy<ValidatingExpressions>

const noParams = [undefined] as const

/** A policy that is for a request, or of which that cannot be told. */
type Matching =
  | { readonly policy: Policy; readonly view: ResourceView; readonly error?: undefined }
  | { readonly policy: Policy; readonly view?: undefined; readonly error: unknown }

interface Denial {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: string
}

/** All policies for one request. The first that denies is heard. */
class Review {
  readonly #environment: PolicyEnvironment
  readonly #attributes: AdmissionAttributes
  readonly #checks: RequestChecks
  readonly #denials: Denial[] = []
  #namespace: KubeObject | undefined

  constructor(environment: PolicyEnvironment, attributes: AdmissionAttributes) {
    this.#environment = environment
    this.#attributes = attributes
    this.#checks = new RequestChecks(environment.decide, attributes)
  }

  /** Returns a promise only where a policy matches. */
  run(policies: readonly Policy[]): Promise<void> | undefined {
    const matching: Matching[] = []
    for (const policy of policies) {
      try {
        const view = matchResources(policy.matcher, this.#attributes, this.#environment.objects)
        if (view !== undefined) matching.push({ policy, view })
      } catch (error) {
        matching.push({ policy, error })
      }
    }
    return matching.length === 0 ? undefined : this.#judge(matching)
  }

  async #judge(matching: readonly Matching[]): Promise<void> {
    for (const { policy, view, error } of matching) {
      if (view === undefined) this.#misconfigured(error, policy, undefined)
      else await this.#policy(policy, view)
    }
    const denial = this.#denials[0]
    if (denial !== undefined) throw refusal(this.#attributes, denial)
  }

  async #policy(policy: Policy, view: ResourceView): Promise<void> {
    const { objects, findParamKind } = this.#environment
    let params: ReturnType<typeof paramResource>
    try {
      params = paramResource(policy.paramKind, findParamKind)
    } catch (error) {
      this.#misconfigured(error, policy, undefined)
      return
    }
    const annotations = new Map<string, Set<string>>()
    for (const binding of policy.bindings) {
      try {
        const { matcher } = binding
        if (matcher !== undefined && matchResources(matcher, this.#attributes, objects) === undefined) continue
        const found =
          params === undefined || binding.paramRef === undefined
            ? noParams
            : await collectParams(params, binding.paramRef, this.#attributes.namespace)
        if (found.length === 0) continue
        await this.#binding(policy, binding, view, found, annotations)
      } catch (error) {
        if (error instanceof NamespaceMissing) throw error.error
        this.#misconfigured(error, policy, binding)
      }
    }
    for (const [key, values] of annotations)
      this.#attributes.annotate?.(`${policy.name}/${key}`, [...values].join(', '))
  }

  async #binding(
    policy: Policy,
    binding: Binding,
    view: ResourceView,
    params: readonly (KubeObject | undefined)[],
    annotations: Map<string, Set<string>>,
  ): Promise<void> {
    const namespace = this.#namespaceObject()
    const attributes = this.#attributes
    const showing = showObjects(attributes, view.kind)
    const shown = showing instanceof Promise ? await showing : showing
    for (const param of params) {
      const input = {
        object: shown.object,
        oldObject: shown.oldObject,
        params: param,
        namespace,
        request: () => requestValue(attributes, view),
        authorizer: this.#checks.authorizer,
        requestResource: this.#checks.requestResource,
      }
      const began = performance.now()
      const evaluated = this.#checks.answered(() => validateOnce(policy.compiled, input, policy.ignoresFailures))
      const outcome = evaluated instanceof Promise ? await evaluated : evaluated
      this.#take(outcome, policy, binding, annotations, (performance.now() - began) / 1000)
    }
  }

  #take(
    { decisions, annotations, conditions }: Outcome,
    policy: Policy,
    binding: Binding,
    collected: Map<string, Set<string>>,
    seconds: number,
  ): void {
    const { policies } = this.#environment
    this.#observeConditions(policy.name, conditions, seconds)
    const each = seconds / Math.max(1, decisions.length)
    for (const [i, decision] of decisions.entries()) {
      const { denied, message } = decision
      if (denied) this.#deny(decision, i, policy, binding, each)
      else if (message !== undefined) policies.validated(policy.name, binding.name, errorTypeOf(message), 'allow', each)
    }
    for (const { key, value, error } of annotations) {
      if (value !== undefined) {
        let values = collected.get(key)
        if (values === undefined) {
          values = new Set()
          collected.set(key, values)
        }
        values.add(cut(value))
      } else if (!policy.ignoresFailures && error !== undefined) {
        this.#denials.push({ policy: policy.name, binding: binding.name, message: error, reason: '' })
        policies.validated(policy.name, binding.name, errorTypeOf(error), 'deny', each)
      }
    }
  }

  #deny({ message = '', reason }: Decision, index: number, policy: Policy, binding: Binding, seconds: number): void {
    const { policies } = this.#environment
    const attributes = this.#attributes
    for (const action of binding.actions) {
      policies.validated(policy.name, binding.name, errorTypeOf(message), action.toLowerCase(), seconds)
      if (action === 'Deny') this.#denials.push({ policy: policy.name, binding: binding.name, message, reason })
      else if (action === 'Warn')
        attributes.warn(
          `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${message}`,
        )
      else if (action === 'Audit')
        attributes.annotate?.(
          'validation.policy.admission.k8s.io/validation_failure',
          JSON.stringify([
            {
              message,
              policy: policy.name,
              binding: binding.name,
              expressionIndex: index,
              validationActions: binding.actions,
            },
          ]),
        )
    }
  }

  #observeConditions(policy: string, conditions: Outcome['conditions'], seconds: number): void {
    if (conditions === 'none') return
    const { operation } = this.#attributes
    const { webhooks } = this.#environment
    webhooks.conditionsEvaluated(policy, 'policy', 'validate', operation, seconds)
    if (conditions === 'failed') webhooks.conditionFailed(policy, 'policy', 'validate', operation)
  }

  #misconfigured(error: unknown, policy: Policy, binding: Binding | undefined): void {
    if (policy.ignoresFailures) return
    const what = binding === undefined ? 'policy' : 'binding'
    this.#denials.push({
      policy: policy.name,
      binding: binding?.name,
      message: `failed to configure ${what}: ${(error as Error).message}`,
      reason: '',
    })
  }

  #namespaceObject(): KubeObject | undefined {
    this.#namespace ??= namespaceOf(this.#attributes, this.#environment.objects)
    return this.#namespace
  }
}

/** The namespace that a request is in; a namespace itself is in none. Throws NamespaceMissing. */
export function namespaceOf({ namespace, kind }: AdmissionAttributes, objects: ObjectReader): KubeObject | undefined {
  if (namespace === '' || (kind.kind === 'Namespace' && kind.version === 'v1' && kind.group === '')) return undefined
  const found = objects.find('/namespaces', '', namespace)
  if (found === undefined) throw new NamespaceMissing(namespace)
  return found
}

/** Nobody's policy is to blame: the request itself fails. */
export class NamespaceMissing extends Error {
  readonly error: ApiError

  constructor(name: string) {
    super()
    this.error = notFound({ group: '', resource: 'namespaces' }, name)
  }
}

const maxAnnotationBytes = 10 * 1024
const cut = (text: string): string =>
  Buffer.byteLength(text) > maxAnnotationBytes ? Buffer.from(text).subarray(0, maxAnnotationBytes).toString() : text

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }

function refusal(attributes: AdmissionAttributes, { policy, binding, message, reason }: Denial): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const { message: whole, details } = refuse(attributes, text)
  const why = reason || 'Invalid'
  return new ApiError(why as Reason, whole, { ...details, causes: [{ message: text }] }, codes[why] ?? 422)
}
