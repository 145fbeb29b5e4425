import type { KubeObject } from '../../api/index.js'
import { qualified } from '../../api/index.js'
import { listText } from './format.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

export const policy: Readonly<Record<string, TableColumns>> = {
  PodDisruptionBudget: tableOf([
    nameColumn,
    {
      name: 'Min Available',
      description: 'Pods that must stay available.',
      cell: (o) => String(o.spec?.minAvailable ?? 'N/A'),
    },
    {
      name: 'Max Unavailable',
      description: 'Pods that may be unavailable.',
      cell: (o) => String(o.spec?.maxUnavailable ?? 'N/A'),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Pods that may be evicted now.',
      cell: (o) => o.status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ]),
}

export const coordination: Readonly<Record<string, TableColumns>> = {
  Lease: tableOf([
    nameColumn,
    { name: 'Holder', description: 'Who holds the lease.', cell: (o) => o.spec?.holderIdentity ?? '' },
    ageColumn,
  ]),
  LeaseCandidate: tableOf([
    nameColumn,
    { name: 'LeaseName', description: 'The lease it is a candidate for.', cell: (o) => o.spec?.leaseName ?? '' },
    { name: 'BinaryVersion', description: 'Version of its program.', cell: (o) => o.spec?.binaryVersion ?? '' },
    { name: 'EmulationVersion', description: 'Version it behaves as.', cell: (o) => o.spec?.emulationVersion ?? '' },
    ageColumn,
  ]),
}

export const node: Readonly<Record<string, TableColumns>> = {
  RuntimeClass: tableOf([
    nameColumn,
    { name: 'Handler', description: 'What the container runtime calls it.', cell: (o) => o.handler ?? '' },
    ageColumn,
  ]),
}

export const apiserverInternal: Readonly<Record<string, TableColumns>> = {
  StorageVersion: tableOf([
    nameColumn,
    {
      name: 'CommonEncodingVersion',
      description: 'The version all servers write, if there is one.',
      cell: (o) => o.status?.commonEncodingVersion ?? '<unset>',
    },
    { name: 'StorageVersions', description: 'The versions single servers write.', cell: storageVersions },
    ageColumn,
  ]),
}

function storageVersions({ status }: KubeObject): string {
  const versions: { apiServerID?: string; encodingVersion?: string }[] = status?.storageVersions ?? []
  const texts = versions.map(({ apiServerID = '', encodingVersion = '' }) => `${apiServerID}=${encodingVersion}`)
  return listText(texts, 3, '<unset>')
}

export const storageMigration: Readonly<Record<string, TableColumns>> = {
  StorageVersionMigration: tableOf([
    { name: nameColumn.name, description: nameColumn.description, cell: nameColumn.cell },
    {
      name: 'Resource',
      description: 'What is migrated.',
      cell: ({ spec }) => qualified({ group: spec?.resource?.group ?? '', resource: spec?.resource?.resource ?? '' }),
    },
    { name: 'Status', description: 'How the migration goes.', cell: migrationStatus },
  ]),
}

function migrationStatus({ status }: KubeObject): string {
  const conditions: { type: string; status: string }[] = status?.conditions ?? []
  const states = new Set(['Running', 'Failed', 'Succeeded'])
  return conditions.findLast((c) => c.status === 'True' && states.has(c.type))?.type ?? 'Unknown'
}

/** Source: kube-aggregator pkg/registry/apiservice/etcd. */
export const apiregistration: Readonly<Record<string, TableColumns>> = {
  APIService: tableOf([
    nameColumn,
    {
      name: 'Service',
      description: 'Namespace and name of the service that answers for it.',
      cell: ({ spec }) =>
        spec?.service === undefined ? 'Local' : `${spec.service.namespace ?? ''}/${spec.service.name ?? ''}`,
    },
    { name: 'Available', description: 'Whether that service can be reached.', cell: availability },
    ageColumn,
  ]),
}

function availability({ status }: KubeObject): string {
  const condition = status?.conditions?.find(({ type }: { type: string }) => type === 'Available')
  if (condition === undefined) return 'Unknown'
  return condition.status === 'True' || !condition.reason
    ? condition.status
    : `${condition.status} (${condition.reason})`
}
