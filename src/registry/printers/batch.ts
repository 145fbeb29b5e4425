import type { KubeObject } from '../../api/index.js'
import { conditionStatus, humanDuration, selectorCell, since } from './format.js'
import { ageColumn, containerColumns, nameColumn, type TableColumns, tableOf } from './table-columns.js'

function completions({ spec = {}, status = {} }: KubeObject): string {
  const succeeded = status.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  return (spec.parallelism ?? 0) > 1 ? `${succeeded}/1 of ${spec.parallelism}` : `${succeeded}/1`
}

function duration({ status = {} }: KubeObject, now: number): string {
  if (status.startTime === undefined) return ''
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime)
  return humanDuration(end - Date.parse(status.startTime))
}

function jobStatus({ metadata, status }: KubeObject): string {
  const is = (type: string): boolean => conditionStatus(status?.conditions, type) === 'True'
  if (is('Complete')) return 'Complete'
  if (is('Failed')) return 'Failed'
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running'
}

export const batch: Readonly<Record<string, TableColumns>> = {
  Job: tableOf([
    nameColumn,
    { name: 'Status', description: 'Whether the job runs, has ended, or waits.', cell: jobStatus },
    { name: 'Completions', description: 'Pods that succeeded, of those wanted.', cell: completions },
    { name: 'Duration', description: 'How long the job has run, or ran.', cell: (o, { now }) => duration(o, now) },
    ageColumn,
    ...containerColumns((o) => o.spec?.template),
    { name: 'Selector', wide: true, description: 'Labels of its pods.', cell: (o) => selectorCell(o.spec?.selector) },
  ]),
  CronJob: tableOf([
    nameColumn,
    { name: 'Schedule', description: 'When it runs, in cron format.', cell: (o) => o.spec?.schedule ?? '' },
    { name: 'Timezone', description: 'Time zone of the schedule.', cell: (o) => o.spec?.timeZone ?? '<none>' },
    {
      name: 'Suspend',
      type: 'boolean',
      description: 'Whether it is suspended.',
      cell: ({ spec }) => (spec?.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'),
    },
    { name: 'Active', type: 'integer', description: 'Jobs that run now.', cell: (o) => o.status?.active?.length ?? 0 },
    {
      name: 'Last Schedule',
      description: 'How long ago it last started a job.',
      cell: ({ status }, { now }) => (status?.lastScheduleTime ? since(status.lastScheduleTime, now) : '<none>'),
    },
    ageColumn,
    ...containerColumns((o) => o.spec?.jobTemplate?.spec?.template),
    {
      name: 'Selector',
      wide: true,
      description: 'Labels of the pods of its jobs.',
      cell: (o) => selectorCell(o.spec?.jobTemplate?.spec?.selector),
    },
  ]),
}
