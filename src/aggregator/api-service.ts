import type { KubeObject } from '../api/index.js'

/** An apiregistration.k8s.io/v1 APIService as it is stored. */
export interface APIService extends KubeObject {
  spec: APIServiceSpec
  status?: { conditions?: APIServiceCondition[] }
}

export interface APIServiceSpec {
  group?: string
  version?: string
  groupPriorityMinimum: number
  versionPriority: number
  /** Absent: this server itself serves the group version. */
  service?: ServiceReference
  /** Base64 of PEM. */
  caBundle?: string
  insecureSkipTLSVerify?: boolean
}

export interface ServiceReference {
  namespace: string
  name: string
  port?: number
}

export interface APIServiceCondition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  lastTransitionTime?: string
  reason?: string
  message?: string
}

/** What a check found out: the condition Available without its time. */
export interface Availability {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

export const nameOf = (service: KubeObject): string => service.metadata.name ?? ''

export const conditionOf = ({ status }: APIService): APIServiceCondition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Available')

export const isAvailable = (service: APIService): boolean => conditionOf(service)?.status === 'True'

/**
 * The APIService with its condition Available as found; the same object if nothing differs. The time of transition changes
 * with the status alone. Source: kube-aggregator pkg/apis/apiregistration/v1/helper, SetAPIServiceCondition.
 */
export function withAvailability<S extends KubeObject>(
  service: S,
  { status, reason, message }: Availability,
  now: string,
): S {
  const conditions: readonly APIServiceCondition[] = service.status?.conditions ?? []
  const before = conditions.find(({ type }) => type === 'Available')
  if (before?.status === status && before.reason === reason && before.message === message) return service
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now
  const condition = {
    type: 'Available',
    status,
    ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }),
    reason,
    message,
  }
  const others =
    before === undefined ? [...conditions, condition] : conditions.map((each) => (each === before ? condition : each))
  return { ...service, status: { ...service.status, conditions: others } }
}
