import type { KubeObject } from '../../api/index.js'
import { type AdmissionAttributes, type AdmissionPlugin, Reinvocation } from '../admission.js'
import type { Decide } from '../expressions/checks.js'
import { isAdmissionConfiguration } from '../matching/rules.js'
import type { ObjectReader } from '../objects.js'
import type { WebhookObserver } from '../webhook/observer.js'
import type { MutatingExpressions, ValidatingExpressions } from './compile.js'
import { type Engine, LazyEngine } from './load-engine.js'
import type { PolicyObserver } from './observer.js'
import type { FindParamKind } from './params.js'
import { type BoundPolicy, isExcluded, Policies } from './policies.js'

export interface PolicyEnvironment {
  readonly objects: ObjectReader
  readonly decide: Decide
  readonly findParamKind: FindParamKind
  readonly webhooks: WebhookObserver
  readonly policies: PolicyObserver
}

const group = 'admissionregistration.k8s.io'

export function validatingAdmissionPolicy(environment: PolicyEnvironment): AdmissionPlugin {
  const ask = asking<ValidatingExpressions>(`${group}/validatingadmissionpolicies`, environment, (engine, policy) =>
    engine.compileValidating(policy),
  )
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: () => true,
    validate: (attributes) =>
      ask(attributes, (engine, policies) => engine.reviewValidating(environment, attributes, policies)),
  }
}

export function mutatingAdmissionPolicy(environment: PolicyEnvironment): AdmissionPlugin {
  const ask = asking<MutatingExpressions>(`${group}/mutatingadmissionpolicies`, environment, (engine, policy) =>
    engine.compileMutating(policy),
  )
  return {
    name: 'MutatingAdmissionPolicy',
    handles: (operation) => operation !== 'DELETE',
    admit: (attributes, reinvocation = new Reinvocation()) =>
      ask(attributes, (engine, policies) => engine.reviewMutating(environment, attributes, reinvocation, policies)),
  }
}

type Review<E> = (engine: Engine, policies: readonly BoundPolicy<E>[]) => Promise<void> | undefined

/** What the two have in common: nothing is done, and nothing loaded, where no policy is bound. */
function asking<E>(
  resource: string,
  { objects }: PolicyEnvironment,
  compile: (engine: Engine, policy: KubeObject) => E,
): (attributes: AdmissionAttributes, review: Review<E>) => Promise<void> | undefined {
  const lazy = new LazyEngine()
  const policies = new Policies(objects, resource, (policy) => compile(lazy.loaded!, policy))
  return (attributes, review) => {
    const { list } = policies
    if (list.length === 0 || isExcluded(attributes.resource) || isAdmissionConfiguration(attributes)) return undefined
    const engine = lazy.loaded
    return engine === undefined ? lazy.load().then((loaded) => review(loaded, list)) : review(engine, list)
  }
}
