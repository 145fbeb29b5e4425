import {
  ApiError,
  copyJson,
  forbidden,
  type KubeObject,
  type LabelSelector,
  labelSelectorOf,
  rfc3339,
  type StatusCause,
  tooManyRequests,
} from '../api/index.js'
import type { FieldManager } from '../apply/index.js'
import { fieldManagerOf } from '../endpoints/index.js'
import { listIn, type SubresourceEnvironment } from './environment.js'

const resource = 'policy/poddisruptionbudgets'
/** Pods a budget may wait for the disappearance of. Source: upstream's MaxDisruptedPodSize. */
const maxDisruptedPods = 2000
const violated = "Cannot evict pod as it would violate the pod's disruption budget."

/** Finds the disruption budget of a pod and takes disruptions from it. */
export class BudgetKeeper {
  #manager: FieldManager | undefined

  constructor(readonly environment: SubresourceEnvironment) {}

  /** @throws ApiError 500 if more than one budget selects the pod */
  budgetOf({ metadata }: KubeObject): KubeObject | undefined {
    const labels = metadata.labels ?? {}
    let found: KubeObject | undefined
    for (const budget of listIn(this.environment, resource, metadata.namespace ?? '')) {
      if (selectorOf(budget)?.matches(labels) !== true) continue
      if (found !== undefined)
        throw new ApiError(
          '',
          'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
        )
      found = budget
    }
    return found
  }

  /** Takes one disruption for a pod. Throws ApiError 429 if there is none to take, 403 if the budget is out of order. */
  async spend({ metadata }: KubeObject, podName: string, dryRun: boolean): Promise<void> {
    const registry = this.environment.registry(resource)
    await registry.update(metadata.name ?? '', {
      namespace: metadata.namespace ?? '',
      subresource: 'status',
      dryRun,
      user: undefined,
      warn() {},
      next: (existing) => {
        const budget = copyJson(existing!)
        checkBudget(budget)
        const now = rfc3339(this.environment.now())
        const { status } = budget
        status.disruptionsAllowed -= 1
        if (status.disruptionsAllowed === 0) status.conditions = withoutDisruptions(status, now)
        status.disruptedPods = { ...status.disruptedPods, [podName]: now }
        return this.#managed().update(existing, budget, 'kube-apiserver')
      },
    })
  }

  #managed(): FieldManager {
    const registry = this.environment.registry(resource)
    this.#manager ??= fieldManagerOf(registry.resource, registry.storage.version, 'status', this.environment.now)
    return this.#manager
  }
}

/** A selector that is not valid selects nothing. */
function selectorOf({ spec }: KubeObject): LabelSelector | undefined {
  try {
    return labelSelectorOf(spec?.selector)
  } catch {
    return undefined
  }
}

/** 429: the budget has not yet been looked at by its controller since it was changed. */
export const stillProcessing = (name: string): ApiError =>
  refusal(`The disruption budget ${name} is still being processed by the server.`, 10)

function refusal(why: string, retryAfterSeconds: number): ApiError {
  const { message, details } = tooManyRequests(violated, retryAfterSeconds)
  const causes: StatusCause[] = [{ reason: 'DisruptionBudget', message: why }]
  return new ApiError('TooManyRequests', message, { ...details, causes })
}

function checkBudget({ metadata, status = {} }: KubeObject): void {
  const { name = '', generation = 0 } = metadata
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = status
  if (observedGeneration < generation) throw stillProcessing(name)
  const budgets = { group: 'policy', resource: 'poddisruptionbudget' }
  if (disruptionsAllowed < 0) throw forbidden(budgets, name, 'pdb disruptions allowed is negative')
  if (Object.keys(disruptedPods).length > maxDisruptedPods)
    throw forbidden(budgets, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if (disruptionsAllowed === 0) throw refusal(whyNone(name, status), 0)
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

function whyNone(name: string, status: KubeObject['status']): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status
  const told = (conditions as Condition[]).find(({ type }) => type === 'DisruptionAllowed')
  const text = told?.status === 'False' ? (told.message ?? '') : ''
  const none = `The disruption budget ${name} does not allow evicting pods currently`
  // What the numbers say counts for nothing if they could not be brought up to date.
  if (text !== '' && told?.reason === 'SyncFailed') return `${none} because it failed sync: ${text}`
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  return text === '' ? none : `${none} (${told?.reason}): ${text}`
}

/** Source: component-helpers apps/poddisruptionbudget, UpdateDisruptionAllowedCondition. */
function withoutDisruptions(status: KubeObject['status'], now: string): unknown[] {
  const conditions: Record<string, unknown>[] = [...(status.conditions ?? [])]
  const at = conditions.findIndex(({ type }) => type === 'DisruptionAllowed')
  const old = at < 0 ? undefined : conditions[at]
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: status.observedGeneration,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  }
  if (at < 0) conditions.push(condition)
  else conditions[at] = condition
  return conditions
}
