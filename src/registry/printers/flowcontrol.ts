import type { Json, KubeObject } from '../../api/index.js'
import { conditionStatus } from './format.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

/** By precedence, then by name. */
function compare(a: KubeObject, b: KubeObject): number {
  const byPrecedence = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0)
  if (byPrecedence !== 0) return byPrecedence
  const left = a.metadata.name ?? ''
  const right = b.metadata.name ?? ''
  return left < right ? -1 : left > right ? 1 : 0
}

const queuing =
  (field: string) =>
  ({ spec }: KubeObject): Json => {
    const config = spec?.limited?.limitResponse?.queuing
    return config === undefined ? '<none>' : (config[field] ?? 0)
  }

export const flowcontrol: Readonly<Record<string, TableColumns>> = {
  FlowSchema: tableOf(
    [
      nameColumn,
      {
        name: 'PriorityLevel',
        description: 'The priority level of the requests it matches.',
        cell: (o) => o.spec?.priorityLevelConfiguration?.name ?? '',
      },
      {
        name: 'MatchingPrecedence',
        description: 'The lower, the earlier it is tried.',
        cell: (o) => o.spec?.matchingPrecedence ?? 0,
      },
      {
        name: 'DistinguisherMethod',
        description: 'How requests are told apart into flows.',
        cell: (o) => o.spec?.distinguisherMethod?.type ?? '<none>',
      },
      ageColumn,
      {
        name: 'MissingPL',
        description: 'Whether its priority level is missing.',
        cell: (o) => conditionStatus(o.status?.conditions, 'Dangling') ?? '?',
      },
    ],
    { compare },
  ),
  PriorityLevelConfiguration: tableOf([
    nameColumn,
    { name: 'Type', description: 'Limited or Exempt.', cell: (o) => o.spec?.type ?? '' },
    {
      name: 'NominalConcurrencyShares',
      description: 'Its share of the concurrency.',
      cell: ({ spec }) => (spec?.limited === undefined ? '<none>' : (spec.limited.nominalConcurrencyShares ?? 0)),
    },
    { name: 'Queues', description: 'Number of queues.', cell: queuing('queues') },
    { name: 'HandSize', description: 'Queues that one flow can use.', cell: queuing('handSize') },
    { name: 'QueueLengthLimit', description: 'Requests that fit into a queue.', cell: queuing('queueLengthLimit') },
    ageColumn,
  ]),
}
