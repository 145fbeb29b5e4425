import type { KubeObject } from '../../api/index.js'
import { since } from './format.js'
import { ageColumn, definitionOf, nameColumn, type TableColumns, tableOf } from './table-columns.js'

function claimState({ metadata, status }: KubeObject): string {
  const deleted = metadata.deletionTimestamp !== undefined
  if (status?.allocation === undefined) return deleted ? 'deleted' : 'pending'
  const states = deleted ? ['deleted', 'allocated'] : ['allocated']
  if (status.reservedFor?.length > 0) states.push('reserved')
  return states.join(',')
}

interface PoolStatus {
  readonly totalDevices?: number
  readonly availableDevices?: number
  readonly allocatedDevices?: number
  readonly unavailableDevices?: number
  readonly validationError?: string
}

const poolColumns: TableColumns = {
  definitions: [
    nameColumn,
    { name: 'Driver', description: 'The driver it asks about.' },
    { name: 'Total', description: 'Devices in all pools.' },
    { name: 'Available', description: 'Devices that can be allocated.' },
    { name: 'Allocated', description: 'Devices that are allocated.' },
    { name: 'Unavailable', description: 'Devices that cannot be allocated.' },
    { name: 'Errors', description: 'Pools with an error.' },
    { name: 'Pools', type: 'integer', description: 'Pools that match.' } as const,
    { name: 'Status', description: 'Whether it is answered.' },
    { name: 'Completed', description: 'How long ago it was answered.' },
  ].map(definitionOf),
  cells({ metadata, spec, status }, { now }) {
    const condition = status?.conditions?.find(
      (c: { type: string; status: string }) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
    )
    const pools: PoolStatus[] = status?.pools ?? []
    const poolCount: number = status?.poolCount ?? 0
    const told = status !== undefined && condition?.type !== 'Failed'
    const sum = (field: Exclude<keyof PoolStatus, 'validationError'>): string =>
      told ? String(pools.reduce((total, pool) => total + (pool[field] ?? 0), 0)) : '-'
    const isComplete = condition?.type === 'Complete'
    const isCut = isComplete && poolCount > pools.length
    return [
      metadata.name ?? '',
      spec?.driver ?? '',
      sum('totalDevices'),
      sum('availableDevices'),
      sum('allocatedDevices'),
      sum('unavailableDevices'),
      told ? String(pools.filter((pool) => pool.validationError !== undefined).length) : '-',
      poolCount,
      isCut ? `Complete (${pools.length}/${poolCount} pools)` : (condition?.type ?? 'Pending'),
      isComplete ? since(condition.lastTransitionTime, now) : '<none>',
    ]
  },
}

export const resource: Readonly<Record<string, TableColumns>> = {
  DeviceClass: tableOf([nameColumn, ageColumn]),
  ResourceClaim: tableOf([
    nameColumn,
    { name: 'State', description: 'Whether it is allocated and reserved.', cell: claimState },
    ageColumn,
  ]),
  ResourceClaimTemplate: tableOf([nameColumn, ageColumn]),
  ResourceSlice: tableOf([
    nameColumn,
    { name: 'Node', description: 'The node that has the devices.', cell: (o) => o.spec?.nodeName ?? '' },
    { name: 'Driver', description: 'The driver of the devices.', cell: (o) => o.spec?.driver ?? '' },
    { name: 'Pool', description: 'The pool the devices belong to.', cell: (o) => o.spec?.pool?.name ?? '' },
    ageColumn,
  ]),
  ResourcePoolStatusRequest: poolColumns,
  DeviceTaintRule: tableOf([
    nameColumn,
    { name: 'Key', description: 'Key of the taint.', cell: (o) => o.spec?.taint?.key ?? '' },
    { name: 'Value', description: 'Value of the taint.', cell: (o) => o.spec?.taint?.value ?? '' },
    { name: 'Effect', description: 'What the taint does.', cell: (o) => o.spec?.taint?.effect ?? '' },
    {
      name: 'TimeAdded',
      description: 'How long ago the taint was added.',
      cell: ({ spec }, { now }) => (spec?.taint?.timeAdded ? since(spec.taint.timeAdded, now) : ''),
    },
    ageColumn,
  ]),
}
