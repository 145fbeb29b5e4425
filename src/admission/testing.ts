import type { KubeObject } from '../api/index.js'
import type { AdmissionAttributes, Operation } from './admission.js'
import type { ObjectReader } from './objects.js'
import type { PolicyObserver } from './policy/observer.js'
import type { WebhookObserver } from './webhook/observer.js'

/** Attributes of a request of these tests; what is not said is empty. */
export function attributesFor(
  operation: Operation,
  resource: string,
  object: KubeObject | undefined,
  more: Partial<AdmissionAttributes> = {},
): AdmissionAttributes & { readonly warnings: string[] } {
  const [group = '', plural = ''] = resource.split('/')
  const warnings: string[] = []
  return {
    operation,
    kind: { group, version: 'v1', kind: object?.kind ?? '' },
    resource: { group, version: 'v1', resource: plural },
    subresource: '',
    namespace: object?.metadata.namespace ?? '',
    name: object?.metadata.name ?? '',
    object,
    oldObject: undefined,
    options: {},
    dryRun: false,
    user: { name: 'jane', groups: ['system:authenticated'] },
    warn: (text) => void warnings.push(text),
    warnings,
    ...more,
  }
}

/** Objects by `group/plural`, in place of a store. */
export function objectsOf(all: Readonly<Record<string, readonly KubeObject[]>>): ObjectReader {
  return {
    find: (resource, namespace, name) =>
      all[resource]?.find(({ metadata }) => metadata.name === name && (metadata.namespace ?? '') === namespace),
    list: (resource, namespace) =>
      (all[resource] ?? []).filter(({ metadata }) => namespace === '' || metadata.namespace === namespace),
  }
}

export const named = (name: string, more: Record<string, unknown> = {}): KubeObject => ({ metadata: { name }, ...more })

/** Takes down what it is told, a line each. */
export function webhookNotes(): WebhookObserver & PolicyObserver & { readonly lines: string[] } {
  const lines: string[] = []
  return {
    lines,
    called: (name, step, operation, _, rejected, code) =>
      void lines.push(`called ${name} ${step} ${operation} ${rejected} ${code}`),
    rejected: (name, step, operation, why, code) =>
      void lines.push(`rejected ${name} ${step} ${operation} ${why} ${code}`),
    failedOpen: (name, step) => void lines.push(`failed open ${name} ${step}`),
    conditionsExcluded: (name, kind, type, operation) =>
      void lines.push(`excluded ${name} ${kind} ${type} ${operation}`),
    conditionFailed: (name, kind, type, operation) => void lines.push(`failed ${name} ${kind} ${type} ${operation}`),
    conditionsEvaluated() {},
    validated: (policy, binding, error, action) => void lines.push(`${policy} ${binding} ${error} ${action}`),
    mutated: (policy, binding, error) => void lines.push(`${policy} ${binding} ${error}`),
  }
}
