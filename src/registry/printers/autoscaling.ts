import type { KubeObject } from '../../api/index.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

interface MetricValue {
  readonly value?: string
  readonly averageValue?: string
  readonly averageUtilization?: number
}

interface MetricSource {
  readonly name?: string
  readonly target?: MetricValue
  readonly current?: MetricValue
}

interface Metric {
  readonly type: string
  readonly external?: MetricSource
  readonly pods?: MetricSource
  readonly object?: MetricSource
  readonly resource?: MetricSource
  readonly containerResource?: MetricSource
}

/** `current/target` of the first two metrics. */
function targets({ spec, status }: KubeObject): string {
  const specs: Metric[] = spec?.metrics ?? []
  const current: (Metric | undefined)[] = status?.currentMetrics ?? []
  if (specs.length === 0) return '<none>'
  const texts = specs.slice(0, 2).map((metric, i) => metricText(metric, current[i]))
  return texts.join(', ') + (specs.length > 2 ? ` + ${specs.length - 2} more...` : '')
}

// Go prints a quantity that is not there as <nil>.
const quantity = (value: string | undefined): string => value ?? '<nil>'

function metricText(spec: Metric, status: Metric | undefined): string {
  switch (spec.type) {
    case 'External':
      return plain(spec.external, status?.external)
    case 'Object':
      return plain(spec.object, status?.object)
    case 'Pods':
      return `${average(status?.pods)}/${quantity(spec.pods?.target?.averageValue)}`
    case 'Resource':
      return ofResource(spec.resource, status?.resource)
    case 'ContainerResource':
      return ofResource(spec.containerResource, status?.containerResource)
    default:
      return '<unknown type>'
  }
}

function plain(spec: MetricSource | undefined, status: MetricSource | undefined): string {
  const target = spec?.target ?? {}
  if (target.averageValue !== undefined)
    return `${status?.current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`
  const current = status === undefined ? '<unknown>' : quantity(status.current?.value)
  return `${current}/${quantity(target.value)}`
}

function ofResource(spec: MetricSource | undefined, status: MetricSource | undefined): string {
  const target = spec?.target ?? {}
  const name = spec?.name ?? ''
  if (target.averageValue !== undefined) return `${name}: ${average(status)}/${target.averageValue}`
  return `${name}: ${percent(status?.current) ?? '<unknown>'}/${percent(target) ?? '<auto>'}`
}

const average = (status: MetricSource | undefined): string =>
  status === undefined ? '<unknown>' : quantity(status.current?.averageValue)

const percent = (value: MetricValue | undefined): string | undefined =>
  value?.averageUtilization === undefined ? undefined : `${value.averageUtilization}%`

export const autoscaling: Readonly<Record<string, TableColumns>> = {
  HorizontalPodAutoscaler: tableOf([
    nameColumn,
    {
      name: 'Reference',
      description: 'Kind and name of what it scales.',
      cell: ({ spec }) => `${spec?.scaleTargetRef?.kind ?? ''}/${spec?.scaleTargetRef?.name ?? ''}`,
    },
    { name: 'Targets', description: 'Current and wanted values of its metrics.', cell: targets },
    {
      name: 'MinPods',
      description: 'The fewest replicas it sets.',
      cell: ({ spec }) => (spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
    },
    { name: 'MaxPods', description: 'The most replicas it sets.', cell: (o) => o.spec?.maxReplicas ?? 0 },
    { name: 'Replicas', description: 'Replicas it saw last.', cell: (o) => o.status?.currentReplicas ?? 0 },
    ageColumn,
  ]),
  Scale: tableOf([
    { name: nameColumn.name, description: nameColumn.description, cell: nameColumn.cell },
    { name: 'Desired', type: 'integer', description: 'Replicas asked for.', cell: (o) => o.spec?.replicas ?? 0 },
    { name: 'Available', type: 'integer', description: 'Replicas there are.', cell: (o) => o.status?.replicas ?? 0 },
    ageColumn,
  ]),
}
