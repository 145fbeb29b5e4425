import { ApiError, internalError, type KubeObject, objectModified } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { charge, checkRequest, type LimitedResource, type RunningQuota, runningQuota, withUsed } from './check.js'
import type { Evaluator } from './evaluator.js'
import { claimEvaluator, countEvaluator, serviceEvaluator } from './object-evaluators.js'
import { podEvaluator } from './pod-evaluator.js'
import { resourceClaimEvaluator } from './resource-claim-evaluator.js'

/** Stores quotas, all or none of them; false if one of them is no longer what it was. */
export type SaveQuotas = (
  changes: readonly { readonly old: KubeObject; readonly next: KubeObject }[],
) => Promise<boolean>

export interface ResourceQuotaOptions {
  readonly save: SaveQuotas
  now(): number
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  readonly limited?: readonly LimitedResource[]
}

/** What is not stored is not counted, and events never were. Source: kubernetes pkg/quota/v1/install. */
const ignored = new Set([
  '/bindings',
  '/componentstatuses',
  'authentication.k8s.io/tokenreviews',
  'authentication.k8s.io/selfsubjectreviews',
  'authorization.k8s.io/subjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  '/events',
  'events.k8s.io/events',
])

/** How often a batch is measured anew because others have changed a quota meanwhile. */
const attempts = 10

interface Waiting {
  readonly attributes: AdmissionAttributes
  readonly evaluator: Evaluator
  admitted(): void
  refused(error: unknown): void
}

/**
 * Charges what is created, or grows, to the quotas of its namespace, and refuses what does not fit. Requests of one
 * namespace that come together are measured one after the other and charged in one commit; a quota that somebody else
 * changes meanwhile has all of them measured again, so that no quota is ever exceeded.
 *
 * @see apiserver pkg/admission/plugin/resourcequota
 */
export function resourceQuota(objects: ObjectReader, options: ResourceQuotaOptions): AdmissionPlugin {
  const evaluators = evaluatorsOf(objects, options)
  const queues = new Map<string, Waiting[]>()
  const { limited = [] } = options

  const evaluatorOf = (resource: AdmissionAttributes['resource']): Evaluator => {
    const name = `${resource.group}/${resource.resource}`
    const known = evaluators.get(name)
    if (known !== undefined) return known
    const made = countEvaluator(resource.group, resource.resource)
    evaluators.set(name, made)
    return made
  }

  const work = async (namespace: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0)
      try {
        await settle(batch, () => objects.list('/resourcequotas', namespace), options.save, limited)
      } catch (error) {
        for (const { refused } of batch) refused(error)
      }
    }
    queues.delete(namespace)
  }

  return {
    name: 'ResourceQuota',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { namespace, resource, object } = attributes
      if (namespace === '' || object === undefined || (resource.resource === 'namespaces' && resource.group === ''))
        return
      if (limited.length === 0 && objects.list('/resourcequotas', namespace).length === 0) return
      if (ignored.has(`${resource.group}/${resource.resource}`)) return
      const evaluator = evaluatorOf(resource)
      if (!evaluator.handles(attributes)) return
      return new Promise<void>((admitted, refused) => {
        const waiting = { attributes, evaluator, admitted, refused }
        const queue = queues.get(namespace)
        if (queue !== undefined) {
          queue.push(waiting)
          return
        }
        const fresh = [waiting]
        queues.set(namespace, fresh)
        void work(namespace, fresh)
      })
    },
  }
}

function evaluatorsOf(objects: ObjectReader, { enabled, now }: ResourceQuotaOptions): Map<string, Evaluator> {
  const pods = podEvaluator(enabled('PodLevelResources'), now)
  const counted = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets']
  return new Map<string, Evaluator>([
    ['/pods', pods],
    ['/services', serviceEvaluator()],
    ['/persistentvolumeclaims', claimEvaluator(enabled('VolumeAttributesClass'))],
    [
      'resource.k8s.io/resourceclaims',
      resourceClaimEvaluator(objects, enabled('DRAExtendedResource') ? pods : undefined),
    ],
    ...counted.map((resource) => [`/${resource}`, countEvaluator('', resource, resource)] as const),
  ])
}

/** Decides on all of a batch. */
async function settle(
  batch: readonly Waiting[],
  read: () => readonly KubeObject[],
  save: SaveQuotas,
  limited: readonly LimitedResource[],
): Promise<void> {
  let open = batch
  for (let attempt = 1; ; attempt++) {
    const quotas = read().map(runningQuota)
    const charged: Waiting[] = []
    for (const waiting of open) {
      const { attributes, evaluator, admitted, refused } = waiting
      try {
        const charges = checkRequest(quotas, attributes, evaluator, limited)
        if (attributes.dryRun || [...charges.values()].every(({ size }) => size === 0)) {
          admitted()
          continue
        }
        for (const [running, amounts] of charges) charge(running, amounts)
        charged.push(waiting)
      } catch (error) {
        refused(error instanceof ApiError ? error : internalError((error as Error).message, { cause: error }))
      }
    }
    const changes = quotas.flatMap(changeOf)
    if (changes.length === 0 || (await save(changes))) {
      for (const { admitted } of charged) admitted()
      return
    }
    open = charged
    if (attempt === attempts) {
      const resource = { group: '', resource: 'resourcequotas' }
      for (const { refused } of open) refused(objectModified(resource, changes[0]!.old.metadata.name ?? ''))
      return
    }
  }
}

function changeOf({ quota, used }: RunningQuota): { old: KubeObject; next: KubeObject }[] {
  const next = withUsed(quota, used)
  const before: Readonly<Record<string, string>> = quota.status?.used ?? {}
  const same = Object.entries(next.status.used as Record<string, string>).every(([name, text]) => before[name] === text)
  return same ? [] : [{ old: quota, next }]
}
