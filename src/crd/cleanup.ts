import { ApiError } from '../api/index.js'
import { cleanupFinalizer, type GenericRegistry } from '../registry/index.js'
import { prefixRange } from '../store/index.js'
import type { Definition, DefinitionCondition } from './definition.js'
import { withCondition, withStatus } from './status.js'

export interface CleanupOptions {
  update(change: (existing: Definition) => Definition): Promise<void>
  /** RFC 3339. */
  now(): string
  readonly signal: AbortSignal
}

type Terminating = Omit<DefinitionCondition, 'type' | 'lastTransitionTime'>

/**
 * Deletes the instances of a definition that is being deleted, waits until their finalizers have let go of them, and lets the
 * definition go. Source: apiextensions pkg/controller/finalizer.
 *
 * @param instances undefined: it was never established, there are none
 */
export async function removeInstances(
  name: string,
  instances: GenericRegistry | undefined,
  { update, now, signal }: CleanupOptions,
): Promise<void> {
  const tell = (condition: Terminating, last = false): Promise<void> =>
    update((existing) => {
      const status = {
        ...existing.status,
        conditions: withCondition(existing.status?.conditions ?? [], { type: 'Terminating', ...condition }, now()),
      }
      const told = withStatus(existing, status)
      if (!last) return told
      const finalizers = (existing.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer)
      return { ...told, metadata: { ...existing.metadata, finalizers } }
    })
  await tell({
    status: 'True',
    reason: 'InstanceDeletionInProgress',
    message: 'CustomResource deletion is in progress',
  })
  if (instances === undefined) {
    await tell({ status: 'False', reason: 'NeverEstablished', message: 'resource was never established' }, true)
    return
  }
  try {
    await deleteAll(instances)
  } catch (error) {
    const message = `could not issue all deletes: ${(error as Error).message}`
    await tell({ status: 'True', reason: 'InstanceDeletionFailed', message })
    throw new Error(`${name}: ${message}`, { cause: error })
  }
  await untilEmpty(instances, signal)
  if (signal.aborted) return
  await tell({ status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }, true)
}

async function deleteAll(registry: GenericRegistry): Promise<void> {
  const { store } = registry.environment
  for (const record of store.scan(prefixRange(registry.prefix))) {
    const [first, second] = record.key.slice(registry.prefix.length).split('/') as [string, string?]
    const [namespace, name] = second === undefined ? ['', first] : [first, second]
    try {
      await registry.delete(name, {}, { namespace, subresource: '', dryRun: false, user: undefined, warn() {} })
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
    }
  }
}

/** Resolves when nothing is left under the registry's prefix, or the wait is called off. */
function untilEmpty(registry: GenericRegistry, signal: AbortSignal): Promise<void> {
  const { store } = registry.environment
  const isEmpty = (): boolean => store.count(prefixRange(registry.prefix)) === 0
  return new Promise((resolve) => {
    if (isEmpty() || signal.aborted) return resolve()
    const done = (): void => {
      subscription.close()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const subscription = store.changes(registry.prefix, store.revision, {
      changed(changes) {
        if (changes.some(({ kind }) => kind === 'deleted') && isEmpty()) queueMicrotask(done)
      },
    })
    signal.addEventListener('abort', done)
  })
}
