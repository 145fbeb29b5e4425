import { decode } from '../decode/decode.js'
import type { KubeObject } from '../object.js'
import { structShape } from '../shapes.js'
import { behaviorFromInternal, behaviorToInternal } from './hpa-behavior.js'
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from './hpa-metrics.js'

/**
 * autoscaling/v1 knows the CPU metric only; the rest travels in annotations. What a client writes into them is read too.
 * Source: pkg/apis/autoscaling/v1/conversion.go.
 */
const annotation = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const
const roundTrip: readonly string[] = [
  ...Object.values(annotation),
  'autoscaling.alpha.kubernetes.io/scale-down-tolerance',
  'autoscaling.alpha.kubernetes.io/scale-up-tolerance',
]
const defaultUtilization = 80

export function v1ToV2(hpa: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage, ...spec } = hpa.spec ?? {}
  const { currentCPUUtilizationPercentage, ...status } = hpa.status ?? {}
  const held = hpa.metadata.annotations ?? {}
  const cpu = targetCPUUtilizationPercentage ?? undefined
  const own = cpu === undefined ? [] : [cpuMetric(cpu)]
  const others = readList(held[annotation.metrics], 'autoscaling.v1.MetricSpec')?.map(metricFromV1)
  const metrics = [...(others ?? []), ...own]
  spec.metrics = metrics.length > 0 ? metrics : [cpuMetric(defaultUtilization)]

  const behavior = behaviorFromInternal(readJson(held[annotation.behavior]))
  if (behavior !== undefined) spec.behavior = behavior

  const current = currentCPUUtilizationPercentage ?? undefined
  const statuses = readList(held[annotation.currentMetrics], 'autoscaling.v1.MetricStatus')?.map(metricStatusFromV1)
  if (statuses !== undefined) status.currentMetrics = statuses
  else if (current !== undefined) {
    status.currentMetrics = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }]
  } else if (hpa.status !== undefined) status.currentMetrics = null
  const conditions = readList(held[annotation.conditions], 'autoscaling.v1.HorizontalPodAutoscalerCondition')
  if (conditions !== undefined) status.conditions = conditions

  hpa.spec = spec
  if (hpa.status !== undefined || statuses !== undefined || conditions !== undefined) hpa.status = status
  return dropRoundTripAnnotations(hpa)
}

export function v2ToV1(hpa: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = hpa.spec ?? {}
  const { currentMetrics, conditions, ...status } = hpa.status ?? {}
  dropRoundTripAnnotations(hpa)
  const added: Record<string, string> = {}

  const all: readonly Metric[] = metrics ?? []
  const cpu = all.find(isCpuUtilization)
  if (cpu !== undefined) spec.targetCPUUtilizationPercentage = cpu.resource?.target?.averageUtilization
  const others = all.filter((metric) => !isCpuUtilization(metric)).map(metricToV1)
  if (others.length > 0) added[annotation.metrics] = write(others, 'autoscaling.v1.MetricSpec')
  if (behavior !== undefined && behavior !== null)
    added[annotation.behavior] = JSON.stringify(behaviorToInternal(behavior))

  if (currentMetrics?.length > 0) {
    for (const { type, resource } of currentMetrics as readonly Metric[]) {
      const used = resource?.current?.averageUtilization
      if (type === 'Resource' && resource?.name === 'cpu' && used !== undefined && used !== null) {
        status.currentCPUUtilizationPercentage = used
      }
    }
    added[annotation.currentMetrics] = write(currentMetrics.map(metricStatusToV1), 'autoscaling.v1.MetricStatus')
  }
  if (conditions?.length > 0) {
    added[annotation.conditions] = write(conditions, 'autoscaling.v1.HorizontalPodAutoscalerCondition')
  }

  hpa.spec = spec
  if (hpa.status !== undefined) hpa.status = status
  if (Object.keys(added).length > 0) hpa.metadata.annotations = { ...hpa.metadata.annotations, ...added }
  return hpa
}

/** The annotations belong to conversion alone, in every version. */
export function dropRoundTripAnnotations(hpa: KubeObject): KubeObject {
  const { annotations } = hpa.metadata
  if (annotations === undefined || !roundTrip.some((name) => annotations[name] !== undefined)) return hpa
  const left = Object.fromEntries(Object.entries(annotations).filter(([name]) => !roundTrip.includes(name)))
  hpa.metadata = { ...hpa.metadata }
  if (Object.keys(left).length === 0) delete hpa.metadata.annotations
  else hpa.metadata.annotations = left
  return hpa
}

interface Metric {
  readonly type?: string
  readonly resource?: {
    readonly name?: string
    readonly target?: { readonly averageUtilization?: number | null }
    readonly current?: { readonly averageUtilization?: number | null }
  }
}

const cpuMetric = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

function isCpuUtilization({ type, resource }: Metric): boolean {
  const target = resource?.target?.averageUtilization
  return type === 'Resource' && resource?.name === 'cpu' && target !== undefined && target !== null
}

/** A list in an annotation; what does not decode counts as not there. */
function readList(text: string | undefined, ref: string): Record<string, unknown>[] | undefined {
  const raw = readJson(text)
  if (raw === null) return []
  if (!Array.isArray(raw)) return undefined
  try {
    const shape = structShape(ref)
    return raw.map((item) => decode(item, shape))
  } catch {
    return undefined
  }
}

function readJson(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const write = (items: readonly unknown[], ref: string): string =>
  JSON.stringify(items.map((item) => decode(item, structShape(ref))))
