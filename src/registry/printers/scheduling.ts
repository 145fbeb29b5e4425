import type { KubeObject } from '../../api/index.js'
import { conditionStatus } from './format.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

function groupStatus({ status }: KubeObject): string {
  const conditions: { type: string; status: string; reason?: string }[] = status?.conditions ?? []
  const disruption = conditions.findLast(({ type }) => type === 'DisruptionTarget')
  if (disruption !== undefined) return disruption.reason ?? ''
  const scheduled = conditionStatus(conditions, 'PodGroupScheduled')
  return scheduled === undefined ? 'Pending' : scheduled === 'True' ? 'Scheduled' : 'Unschedulable'
}

export const scheduling: Readonly<Record<string, TableColumns>> = {
  PriorityClass: tableOf([
    nameColumn,
    { name: 'Value', type: 'integer', description: 'The priority of its pods.', cell: (o) => o.value ?? 0 },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods that name no class get it.',
      cell: (o) => o.globalDefault ?? false,
    },
    ageColumn,
    {
      name: 'PreemptionPolicy',
      description: 'Whether its pods push others out.',
      cell: (o) => o.preemptionPolicy ?? '',
    },
  ]),
  Workload: tableOf([nameColumn, ageColumn]),
  PodGroup: tableOf([
    nameColumn,
    {
      name: 'Policy',
      description: 'How its pods are scheduled.',
      cell: (o) => (o.spec?.schedulingPolicy?.gang === undefined ? 'Basic' : 'Gang'),
    },
    {
      name: 'Workload',
      description: 'The workload it belongs to.',
      cell: ({ spec }) =>
        spec?.podGroupTemplateRef == null ? '<none>' : (spec.podGroupTemplateRef.workload?.workloadName ?? ''),
    },
    { name: 'Status', description: 'Whether it is scheduled.', cell: groupStatus },
    ageColumn,
  ]),
}
