import { ApiError, badRequest, conflict, copyJson, FieldErrors, invalid, type KubeObject } from '../api/index.js'
import { validateDeleteOptions } from '../endpoints/index.js'
import type { RequestContext } from '../http/index.js'
import { type DeleteOptions, unstoredVersion, type VirtualResource, type WriteRequest } from '../registry/index.js'
import { BudgetKeeper, stillProcessing } from './disruption-budget.js'
import { get, type SubresourceEnvironment, success } from './environment.js'
import { isPodReady, setPodCondition } from './pod-conditions.js'

/** How often a deletion that met a concurrent change is tried again. Source: upstream's EvictionsRetry. */
const attempts = 20

/**
 * POST pods/{name}/eviction: a deletion that asks the pod's disruption budget first.
 * Source: kubernetes pkg/registry/core/pod/storage/eviction.go.
 */
export function podEviction(environment: SubresourceEnvironment): VirtualResource {
  const keeper = new BudgetKeeper(environment)
  return {
    version: unstoredVersion('policy', 'v1', 'Eviction'),
    accepts: ({ group, version }) => group === 'policy' && (version === 'v1' || version === 'v1beta1'),
    async create(context, object, request) {
      const eviction = await accept(context, object, request)
      await evict(environment, keeper, eviction, request)
      return success()
    },
  }
}

interface Eviction {
  readonly name: string
  readonly options: DeleteOptions
  readonly dryRun: boolean
  /** As the deletion checks them, which is after the pod has been marked. Throws ApiError. */
  checkOptions(): void
}

async function accept({ info }: RequestContext, object: KubeObject, request: WriteRequest): Promise<Eviction> {
  const { name } = info
  if (name !== (object.metadata.name ?? '')) throw badRequest('name in URL does not match name in Eviction object')
  const {
    dryRun = [],
    ignoreStoreReadErrorWithClusterBreakingPotential: ignore,
    ...options
  } = object.deleteOptions ?? {}
  if (ignore === true) {
    const errors = new FieldErrors()
    errors.invalid(
      'deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential',
      true,
      'can not be set for pod eviction, try after removing the option',
    )
    throw invalid({ group: 'policy', kind: 'Eviction' }, name, errors)
  }
  if (dryRun.length > 0 && request.dryRun && (dryRun.length !== 1 || dryRun[0] !== 'All'))
    throw new ApiError('', `Non-matching dry-run options in request and content: [All] and [${dryRun.join(' ')}]`)
  // A dry run that the query asks for is one of the deletion too, and is shown as such.
  if (request.dryRun && object.deleteOptions) object.deleteOptions = { ...object.deleteOptions, dryRun: ['All'] }
  await request.admit?.(object, undefined)
  return {
    name,
    options: options as DeleteOptions,
    dryRun: request.dryRun || dryRun.length > 0,
    checkOptions: () => validateDeleteOptions({ ...options, dryRun }),
  }
}

async function evict(
  environment: SubresourceEnvironment,
  keeper: BudgetKeeper,
  eviction: Eviction,
  request: WriteRequest,
): Promise<void> {
  const { name, options } = eviction
  const { namespace } = request
  const fixed = options.preconditions?.resourceVersion !== undefined
  for (let attempt = 1; ; attempt++) {
    const pod = get(environment, '/pods', namespace, name)
    if (!isOutOfBudgets(pod)) break
    // A pod that is still pending must not become healthy between the look at it and its deletion.
    const guarded = pod.status?.phase === 'Pending' && pod.metadata.deletionTimestamp === undefined
    try {
      return await remove(environment, eviction, request, guarded && !fixed ? atRevision(options, pod) : options)
    } catch (error) {
      if (fixed || attempt === attempts || !isConflict(error)) throw error
      const now = get(environment, '/pods', namespace, name)
      if (now.metadata.resourceVersion === pod.metadata.resourceVersion) throw error
    }
  }

  const pod = get(environment, '/pods', namespace, name)
  const budget = keeper.budgetOf(pod)
  const unhealthy = budget !== undefined && !isPodReady(pod) && mayGoUnhealthy(budget)
  if (budget !== undefined && !unhealthy) await keeper.spend(budget, name, eviction.dryRun)
  try {
    await remove(environment, eviction, request, unhealthy ? atRevision(options, pod) : options)
  } catch (error) {
    if (unhealthy && !fixed && isConflict(error)) throw stillProcessing(budget.metadata.name ?? '')
    throw error
  }
}

/** Pods whose going disrupts nothing any more, or not yet. */
const isOutOfBudgets = ({ metadata, status }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status?.phase)

/** Whether a pod that is not ready may go without being counted. */
function mayGoUnhealthy({ spec, status }: KubeObject): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {}
  return currentHealthy >= desiredHealthy && desiredHealthy > 0
}

const atRevision = (options: DeleteOptions, { metadata }: KubeObject): DeleteOptions => ({
  ...options,
  preconditions: { ...options.preconditions, resourceVersion: metadata.resourceVersion ?? '' },
})

const isConflict = (error: unknown): boolean => error instanceof ApiError && error.reason === 'Conflict'

async function remove(
  environment: SubresourceEnvironment,
  { name, dryRun, checkOptions }: Eviction,
  { namespace, user, warn }: WriteRequest,
  options: DeleteOptions,
): Promise<void> {
  const pods = environment.registry('/pods')
  const request = { namespace, subresource: '', dryRun, user, warn: (text: string) => warn(text) }
  if (dryRun) {
    checkOptions()
    await pods.delete(name, options, request)
    return
  }
  const marked = await pods.update(name, {
    ...request,
    subresource: 'status',
    next(existing) {
      const pod = copyJson(existing!)
      checkPreconditions(pod, options)
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }
      setPodCondition(pod, condition, environment.now())
      return pod
    },
  })
  checkOptions()
  const { preconditions } = options
  // The marking has moved the pod on; what was asked for held before it.
  const resourceVersion = String(marked.revision)
  const after =
    preconditions?.resourceVersion === undefined
      ? options
      : { ...options, preconditions: { ...preconditions, resourceVersion } }
  await pods.delete(name, after, request)
}

function checkPreconditions({ metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const refuse = (what: string, wanted: string, actual: string | undefined, perhaps: string): never => {
    throw conflict(
      { group: '', resource: 'Pod' },
      metadata.name ?? '',
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${actual}). The object might have been ${perhaps}`,
    )
  }
  if (uid && uid !== metadata.uid) refuse('UID', uid, metadata.uid, 'deleted and then recreated')
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    refuse('ResourceVersion', resourceVersion, metadata.resourceVersion, 'modified')
}
