import { type KubeObject, rfc3339 } from '../api/index.js'

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/**
 * Sets a condition of a pod, in place: the time of the transition changes with the status alone.
 * Source: kubernetes pkg/api/v1/pod/util.go, UpdatePodCondition.
 */
export function setPodCondition(pod: KubeObject, condition: PodCondition, now: number): void {
  const conditions: Record<string, unknown>[] = [...(pod.status?.conditions ?? [])]
  const at = conditions.findIndex(({ type }) => type === condition.type)
  const old = at < 0 ? undefined : conditions[at]
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? null) : rfc3339(now)
  const set = { lastProbeTime: null, lastTransitionTime, ...condition }
  if (at < 0) conditions.push(set)
  else conditions[at] = set
  pod.status = { ...pod.status, conditions }
}

/** Upstream: IsPodReady. */
export const isPodReady = (pod: KubeObject): boolean =>
  (pod.status?.conditions ?? []).some(({ type, status }: PodCondition) => type === 'Ready' && status === 'True')
