import type { KubeObject } from '../object.js'

/** Members that are called otherwise in events.k8s.io/v1, by their core name. Source: pkg/apis/events/v1/conversion.go. */
const names: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
}

export const fromCoreEvent = (event: KubeObject): KubeObject => rename(event, new Map(Object.entries(names)))

export const toCoreEvent = (event: KubeObject): KubeObject =>
  rename(event, new Map(Object.entries(names).map(([core, newer]) => [newer, core])))

function rename(event: KubeObject, to: ReadonlyMap<string, string>): KubeObject {
  const out: Record<string, unknown> = {}
  for (const [member, value] of Object.entries(event)) out[to.get(member) ?? member] = value
  return out as KubeObject
}
