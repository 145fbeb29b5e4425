import { ApiError, equalJson, forbidden, internalError, type KubeObject, type Reason } from '../../api/index.js'
import type { AdmissionAttributes, Reinvocation } from '../admission.js'
import { CurrentObject, type ShownObject } from '../current-object.js'
import { RequestChecks } from '../expressions/checks.js'
import { type ConditionsMet, evaluateConditions } from '../expressions/conditions.js'
import { Evaluator, type ExpressionInput, policyBudget } from '../expressions/evaluation.js'
import { requestValue } from '../expressions/request-value.js'
import { matchResources } from '../matching/match-resources.js'
import type { ResourceView } from '../object-views.js'
import { nameForErrors } from '../refuse.js'
import { Rounds } from '../rounds.js'
import type { MutatingExpressions, Mutation } from './compile.js'
import { errorTypeOf } from './observer.js'
import { collectParams } from './params.js'
import { applyConfiguration, applyOperations } from './patches.js'
import type { PolicyEnvironment } from './plugins.js'
import { type Binding, type BoundPolicy, paramResource } from './policies.js'
import { NamespaceMissing, namespaceOf } from './validating.js'

const pluginName = 'MutatingAdmissionPolicy'

/**
 * Has policies change the object of a request. A promise is returned only where one of them is for it.
 * Source: apiserver pkg/admission/plugin/policy/mutating.
 */
export const reviewMutating = (
  environment: PolicyEnvironment,
  attributes: AdmissionAttributes,
  reinvocation: Reinvocation,
  policies: readonly Policy[],
): Promise<void> | undefined => new Review(environment, attributes, reinvocation).run(policies)

type Policy = BoundPolicy<MutatingExpressions>

interface Invocation {
  readonly policy: Policy
  readonly binding: Binding
  readonly view: ResourceView
  readonly param: KubeObject | undefined
}

interface Problem {
  readonly message: string
  readonly reason: string
}

/** All policies for one request. */
class Review {
  readonly #environment: PolicyEnvironment
  readonly #attributes: AdmissionAttributes
  readonly #reinvocation: Reinvocation
  readonly #checks: RequestChecks
  readonly #current: CurrentObject
  readonly #problems: Problem[] = []

  constructor(environment: PolicyEnvironment, attributes: AdmissionAttributes, reinvocation: Reinvocation) {
    this.#environment = environment
    this.#attributes = attributes
    this.#reinvocation = reinvocation
    this.#checks = new RequestChecks(environment.decide, attributes)
    this.#current = new CurrentObject(attributes)
  }

  /** Returns a promise only where a policy matches. */
  run(policies: readonly Policy[]): Promise<void> | undefined {
    const matching: { readonly policy: Policy; readonly view: ResourceView }[] = []
    for (const policy of policies) {
      try {
        const view = matchResources(policy.matcher, this.#attributes, this.#environment.objects)
        if (view !== undefined) matching.push({ policy, view })
      } catch (error) {
        this.#misconfigured(error, policy, undefined)
      }
    }
    return matching.length === 0 && this.#problems.length === 0 ? undefined : this.#judge(matching)
  }

  async #judge(matching: readonly { readonly policy: Policy; readonly view: ResourceView }[]): Promise<void> {
    const invocations: Invocation[] = []
    for (const { policy, view } of matching) await this.#collect(policy, view, invocations)
    if (invocations.length > 0) await this.#invoke(invocations)
    if (this.#problems.length > 0) throw refusal(this.#attributes, this.#problems)
  }

  async #collect(policy: Policy, view: ResourceView, invocations: Invocation[]): Promise<void> {
    const { objects, findParamKind } = this.#environment
    let params: ReturnType<typeof paramResource>
    try {
      params = paramResource(policy.paramKind, findParamKind)
    } catch (error) {
      this.#misconfigured(error, policy, undefined)
      return
    }
    for (const binding of policy.bindings) {
      try {
        const { matcher } = binding
        if (matcher !== undefined && matchResources(matcher, this.#attributes, objects) === undefined) continue
        const found = await collectParams(params, binding.paramRef, this.#attributes.namespace)
        for (const param of found) invocations.push({ policy, binding, view, param })
      } catch (error) {
        this.#misconfigured(error, policy, binding)
      }
    }
  }

  async #invoke(invocations: readonly Invocation[]): Promise<void> {
    const namespace = this.#namespace()
    const reinvocation = this.#reinvocation
    const rounds = reinvocation.of(pluginName, () => new Rounds())
    if (reinvocation.isReinvoke) rounds.begins(this.#attributes.object)
    let last: ShownObject | undefined
    for (const invocation of invocations) {
      const { policy, view } = invocation
      const shown = await this.#current.show(view.kind)
      if (!(await this.#meets(invocation, shown, namespace))) continue
      const uid = uidOf(invocation)
      if (reinvocation.isReinvoke && !rounds.isDue(uid)) continue
      last = shown
      const before = shown.object
      for (const mutation of policy.compiled.mutations) await this.#mutate(mutation, invocation, shown, namespace)
      if (!equalJson(before, shown.object)) {
        rounds.changed()
        reinvocation.shouldReinvoke = true
      }
      if (policy.compiled.reinvocable) rounds.invoked(uid)
    }
    // Who has worked at the object is heard again even if it came out the same.
    if (last?.changed === true) {
      rounds.changed()
      reinvocation.shouldReinvoke = true
    }
    await this.#current.keep()
    rounds.ends(this.#attributes.object)
  }

  async #meets(invocation: Invocation, shown: ShownObject, namespace: KubeObject | undefined): Promise<boolean> {
    const { policy } = invocation
    const { conditions, variables } = policy.compiled
    if (conditions.length === 0) return true
    const { webhooks } = this.#environment
    const { operation } = this.#attributes
    const input = this.#input(invocation, shown, namespace)
    const began = performance.now()
    const met: ConditionsMet = await this.#checks.answered(() =>
      evaluateConditions(conditions, variables, input, policy.ignoresFailures),
    )
    webhooks.conditionsEvaluated(policy.name, 'policy', 'validate', operation, (performance.now() - began) / 1000)
    if (typeof met === 'boolean') return met
    for (let i = 0; i < met.failed; i++) webhooks.conditionFailed(policy.name, 'policy', 'validate', operation)
    this.#problem(invocation, met.error)
    return false
  }

  async #mutate(
    { type, expression }: Mutation,
    invocation: Invocation,
    shown: ShownObject,
    namespace: KubeObject | undefined,
  ): Promise<void> {
    const { object, kind } = shown
    const { views } = this.#attributes
    // There is nothing to change in what is connected with.
    if (object === undefined || views === undefined) return
    const { policy, binding } = invocation
    const { policies } = this.#environment
    const began = performance.now()
    const seconds = (): number => (performance.now() - began) / 1000
    const input = this.#input(invocation, shown, namespace)
    try {
      const result = await this.#checks.answered(() =>
        new Evaluator(policy.compiled.variables, input, policyBudget).evaluate(expression),
      )
      if (result.error !== undefined) throw new Error(result.error.replace(/^compilation error: /, ''))
      const apply = type === 'JSONPatch' ? applyOperations : applyConfiguration
      shown.change(apply(result.value, object, kind, views))
      policies.mutated(policy.name, binding.name, 'no_error', seconds())
    } catch (error) {
      const { message } = error as Error
      policies.mutated(policy.name, binding.name, errorTypeOf(message), seconds())
      if (error instanceof ApiError) throw error
      this.#problem(invocation, message)
    }
  }

  #input({ view, param }: Invocation, shown: ShownObject, namespace: KubeObject | undefined): ExpressionInput {
    return {
      object: shown.object,
      oldObject: shown.oldObject,
      params: param,
      namespace,
      request: () => requestValue(this.#attributes, view),
      authorizer: this.#checks.authorizer,
      requestResource: this.#checks.requestResource,
    }
  }

  #namespace(): KubeObject | undefined {
    try {
      return namespaceOf(this.#attributes, this.#environment.objects)
    } catch (error) {
      throw error instanceof NamespaceMissing ? error.error : internalError((error as Error).message)
    }
  }

  #misconfigured(error: unknown, policy: Policy, binding: Binding | undefined): void {
    const what = binding === undefined ? 'policy' : 'binding'
    this.#add(policy, binding, `failed to configure ${what}: ${(error as Error).message}`, '')
  }

  #problem({ policy, binding }: Invocation, message: string): void {
    this.#add(policy, binding, message, 'Invalid')
  }

  #add(policy: Policy, binding: Binding | undefined, message: string, reason: string): void {
    if (policy.ignoresFailures) return
    const by = binding === undefined ? JSON.stringify(policy.name) : `'${policy.name}' with binding '${binding.name}'`
    this.#problems.push({ message: `policy ${by} denied request: ${message}`, reason })
  }
}

/** What tells an invocation from all others of a request. */
const uidOf = ({ policy, binding, param }: Invocation): string =>
  JSON.stringify([policy.name, binding.name, param?.metadata.namespace, param?.metadata.name])

/** The first problem is told, all are causes. Its code is that of a refusal, whatever the reason. */
function refusal(attributes: AdmissionAttributes, problems: readonly Problem[]): ApiError {
  const { details } = forbidden(attributes.resource, nameForErrors(attributes), '')
  const { message, reason } = problems[0]!
  const causes = problems.map((problem) => ({ message: problem.message }))
  return new ApiError((reason || 'Forbidden') as Reason, message, { ...details, causes }, 403)
}
