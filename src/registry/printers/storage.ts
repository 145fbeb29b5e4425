import { ageColumn, type Column, nameColumn, type TableColumns, tableOf } from './table-columns.js'

const driverFlag = (name: string, description: string, field: string, otherwise: boolean): Column => ({
  name,
  type: 'boolean',
  description,
  cell: (o) => o.spec?.[field] ?? otherwise,
})

const isDefaultClass = (annotations: Readonly<Record<string, string>> | undefined): boolean =>
  annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ||
  annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true'

export const storage: Readonly<Record<string, TableColumns>> = {
  StorageClass: tableOf([
    {
      ...nameColumn,
      cell: ({ metadata: { name = '', annotations } }) => (isDefaultClass(annotations) ? `${name} (default)` : name),
    },
    { name: 'Provisioner', description: 'What makes its volumes.', cell: (o) => o.provisioner ?? '' },
    {
      name: 'ReclaimPolicy',
      description: 'What happens to a volume when its claim goes.',
      cell: (o) => o.reclaimPolicy ?? 'Delete',
    },
    {
      name: 'VolumeBindingMode',
      description: 'When volumes are made and bound.',
      cell: (o) => o.volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      description: 'Whether volumes can grow.',
      cell: (o) => o.allowVolumeExpansion ?? false,
    },
    ageColumn,
  ]),
  VolumeAttributesClass: tableOf([
    nameColumn,
    { name: 'DriverName', description: 'The driver it is for.', cell: (o) => o.driverName ?? '' },
    ageColumn,
  ]),
  VolumeAttachment: tableOf([
    nameColumn,
    { name: 'Attacher', format: 'name', description: 'The driver that attaches.', cell: (o) => o.spec?.attacher ?? '' },
    { name: 'PV', description: 'The volume.', cell: (o) => o.spec?.source?.persistentVolumeName ?? '' },
    { name: 'Node', description: 'The node.', cell: (o) => o.spec?.nodeName ?? '' },
    {
      name: 'Attached',
      type: 'boolean',
      description: 'Whether it is attached.',
      cell: (o) => o.status?.attached ?? false,
    },
    ageColumn,
  ]),
  CSINode: tableOf([
    nameColumn,
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Drivers on the node.',
      cell: (o) => o.spec?.drivers?.length ?? 0,
    },
    ageColumn,
  ]),
  CSIDriver: tableOf([
    nameColumn,
    driverFlag('AttachRequired', 'Whether volumes must be attached.', 'attachRequired', true),
    driverFlag('PodInfoOnMount', 'Whether it is told about the pod.', 'podInfoOnMount', false),
    driverFlag('StorageCapacity', 'Whether the scheduler looks at its capacity.', 'storageCapacity', false),
    {
      name: 'TokenRequests',
      description: 'Audiences of the tokens it gets.',
      cell: (o) =>
        o.spec?.tokenRequests?.map(({ audience = '' }: { audience?: string }) => audience).join(',') ?? '<unset>',
    },
    driverFlag('RequiresRepublish', 'Whether it is called again and again for a volume.', 'requiresRepublish', false),
    {
      name: 'Modes',
      description: 'Life cycles of volumes it knows.',
      cell: (o) => (o.spec?.volumeLifecycleModes ?? []).join(',') || '<none>',
    },
    ageColumn,
  ]),
}
