import { setImmediate } from 'node:timers/promises'
import type { KubeObject } from '../../api/index.js'
import type { ObjectScan } from '../objects.js'
import type { PodChecks } from './checks.js'
import { podOf } from './pod.js'
import { type LevelVersion, levelText } from './policy.js'

const maxPods = 3_000
const maxMs = 1_000
/** Others get their turn after so long. */
const sliceMs = 5

interface Checked {
  readonly name: string
  /** Of the controller that has made it. */
  readonly owner: string | undefined
  readonly reasons: string | undefined
}

/** Texts for warnings about pods that a namespace has and that its new level would not let in. */
export async function existingPodWarnings(
  namespace: string,
  podsOf: ObjectScan,
  checks: PodChecks,
  enforce: LevelVersion,
  isExempt: (runtimeClass: string | undefined) => boolean,
): Promise<string[]> {
  const checked: Checked[] = []
  let total = 0
  const start = performance.now()
  let slice = start
  for (const read of podsOf('/pods', namespace)) {
    const now = performance.now()
    if (now - start > maxMs) {
      total++
      continue
    }
    if (now - slice > sliceMs) {
      await setImmediate()
      slice = performance.now()
    }
    const pod = read()
    if (isExempt(pod.spec?.runtimeClassName)) continue
    total++
    const reasons = checks.evaluate(podOf(pod.metadata.annotations, pod.spec), enforce)?.reasons
    checked.push({ name: pod.metadata.name ?? '', owner: controllerOf(pod), reasons })
  }
  const first = prioritized(checked).slice(0, maxPods)
  const texts = violationTexts(first)
  return [
    ...(first.length < total
      ? [`new PodSecurity enforce level only checked against the first ${first.length} of ${total} existing pods`]
      : []),
    ...(texts.length > 0
      ? [`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${levelText(enforce)}"`]
      : []),
    ...texts,
  ]
}

const controllerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid

/** One pod of every controller before further ones of the same. */
function prioritized(pods: readonly Checked[]): Checked[] {
  const seen = new Set<string>()
  const first: Checked[] = []
  const more: Checked[] = []
  for (const pod of pods) {
    if (pod.owner !== undefined && seen.has(pod.owner)) more.push(pod)
    else first.push(pod)
    if (pod.owner !== undefined) seen.add(pod.owner)
  }
  return [...first, ...more]
}

/** Pods with the same reasons are told together, by the first of their names. */
function violationTexts(pods: readonly Checked[]): string[] {
  const byReasons = new Map<string, { name: string; count: number }>()
  for (const { name, reasons } of pods) {
    if (reasons === undefined) continue
    const known = byReasons.get(reasons)
    if (known === undefined) byReasons.set(reasons, { name, count: 1 })
    else {
      known.count++
      if (name < known.name) known.name = name
    }
  }
  return [...byReasons]
    .map(([reasons, { name, count }]) => {
      const others = count === 1 ? '' : count === 2 ? ' (and 1 other pod)' : ` (and ${count - 1} other pods)`
      return `${name}${others}: ${reasons}`
    })
    .sort()
}
