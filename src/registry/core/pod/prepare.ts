import { type KubeObject, type LabelSelectorSpec, rfc3339 } from '../../../api/index.js'
import type { RuleContext } from '../../rules.js'
import { applyAppArmorAnnotations } from './app-armor.js'
import { dropDisabledPodFields } from './disabled-fields.js'
import { podQos } from './qos.js'
import { semanticEqual } from './semantic-equal.js'
import type { PodStatus } from './status-types.js'
import type { PodAffinityTerm, PodSpec } from './types.js'
import { appArmorText } from './warnings.js'

/** What the server makes of a pod that is to be created, in place. Source: PrepareForCreate of the pod strategy. */
export function preparePodForCreate(pod: KubeObject, context: RuleContext): void {
  pod.metadata.generation = 1
  const spec: PodSpec = pod.spec ?? {}
  const status: PodStatus = { phase: 'Pending', qosClass: podQos(pod, context.enabled('PodLevelResources')) }
  pod.status = status
  dropDisabledPodFields(pod, undefined, context)
  if (spec.schedulingGates?.length) status.conditions = [gatedCondition(context.now())]
  mergeLabelKeys(spec, pod.metadata.labels ?? {}, context)
  for (const path of applyAppArmorAnnotations(pod)) context.warn?.(appArmorText(path))
}

/** The status has been put back by the registry. */
export function preparePodForUpdate(pod: KubeObject, old: KubeObject, context: Pick<RuleContext, 'enabled'>): void {
  dropDisabledPodFields(pod, old, context)
  countGeneration(pod, old)
}

/** Source: PrepareForUpdate of the pod status strategy. */
export function preparePodStatus(pod: KubeObject, old: KubeObject, context: Pick<RuleContext, 'enabled'>): void {
  delete pod.metadata.deletionTimestamp
  if (old.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences
  else pod.metadata.ownerReferences = old.metadata.ownerReferences
  pod.status ??= {}
  const status: PodStatus = pod.status
  const before: PodStatus = old.status ?? {}
  if (!status.qosClass && before.qosClass) status.qosClass = before.qosClass
  keepObservedGenerations(status, before)
  dropDisabledPodFields(pod, old, context)
}

/** An update of something in the spec counts. */
export function countGeneration(pod: KubeObject, old: KubeObject): void {
  if (semanticEqual(pod.spec ?? {}, old.spec ?? {}, 'PodSpec')) return
  pod.metadata.generation = (pod.metadata.generation ?? 0) + 1
}

const gatedCondition = (now: number) => ({
  type: 'PodScheduled',
  status: 'False',
  lastTransitionTime: rfc3339(now),
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
})

/** Clients that know nothing of observed generations do not take them away. */
function keepObservedGenerations(status: PodStatus, old: PodStatus): void {
  if (!status.observedGeneration && old.observedGeneration) status.observedGeneration = old.observedGeneration
  const before = new Map<string, (number | bigint | undefined)[]>()
  for (const { type = '', observedGeneration } of old.conditions ?? []) {
    const list = before.get(type)
    if (list === undefined) before.set(type, [observedGeneration])
    else list.push(observedGeneration)
  }
  for (const condition of status.conditions ?? []) {
    const generation = before.get(condition.type ?? '')?.shift()
    if (!condition.observedGeneration && generation) condition.observedGeneration = generation
  }
}

/** Selectors get the pod's own values of the labels named by matchLabelKeys and mismatchLabelKeys. */
function mergeLabelKeys(spec: PodSpec, labels: Readonly<Record<string, string>>, { enabled }: RuleContext): void {
  for (const kind of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const { podAffinityTerm } of kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (podAffinityTerm) mergeTerm(podAffinityTerm, labels)
    }
    for (const term of kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeTerm(term, labels)
  }
  const merges =
    enabled('MatchLabelKeysInPodTopologySpread') && enabled('MatchLabelKeysInPodTopologySpreadSelectorMerge')
  if (!merges) return
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    const { labelSelector, matchLabelKeys } = constraint
    if (labelSelector) constraint.labelSelector = merged(labelSelector, matchLabelKeys, 'In', labels)
  }
}

function mergeTerm(term: PodAffinityTerm, labels: Readonly<Record<string, string>>): void {
  if (!term.labelSelector) return
  const matching = merged(term.labelSelector, term.matchLabelKeys, 'In', labels)
  term.labelSelector = merged(matching, term.mismatchLabelKeys, 'NotIn', labels)
}

function merged(
  selector: LabelSelectorSpec,
  keys: readonly string[] | undefined,
  operator: string,
  labels: Readonly<Record<string, string>>,
): LabelSelectorSpec {
  const own = (keys ?? []).filter((key) => Object.hasOwn(labels, key))
  if (own.length === 0) return selector
  const expressions = own.map((key) => ({ key, operator, values: [labels[key]!] }))
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions] }
}
