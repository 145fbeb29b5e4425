import type { KubeObject } from '../../api/index.js'
import { ageColumn, type Column, nameColumn, tableOf } from './table-columns.js'

const modes = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const

const accessModes = (list: readonly string[] = []): string =>
  modes
    .filter(([mode]) => list.includes(mode))
    .map(([, short]) => short)
    .join(',')

/** The annotation is older than the field and goes before it. */
const storageClass = ({ metadata, spec }: KubeObject): string =>
  metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? ''

const phase = ({ metadata, status }: KubeObject): string =>
  metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating'

const storageClassColumn: Column = {
  name: 'StorageClass',
  description: 'Name of the storage class.',
  cell: storageClass,
}

const attributesClassColumn: Column = {
  name: 'VolumeAttributesClass',
  description: 'Name of the volume attributes class.',
  cell: (o) => o.spec?.volumeAttributesClassName ?? '<unset>',
}

const volumeModeColumn: Column = {
  name: 'VolumeMode',
  wide: true,
  description: 'Whether it is a file system or a block device.',
  cell: (o) => o.spec?.volumeMode ?? '<unset>',
}

export const persistentVolume = tableOf([
  nameColumn,
  { name: 'Capacity', description: 'How much it holds.', cell: (o) => o.spec?.capacity?.storage ?? '0' },
  { name: 'Access Modes', description: 'How it can be mounted.', cell: (o) => accessModes(o.spec?.accessModes) },
  {
    name: 'Reclaim Policy',
    description: 'What happens when its claim goes.',
    cell: (o) => o.spec?.persistentVolumeReclaimPolicy ?? '',
  },
  { name: 'Status', description: 'Whether it is available or bound.', cell: phase },
  {
    name: 'Claim',
    description: 'Namespace and name of the claim it is bound to.',
    cell: ({ spec }) => (spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
  },
  storageClassColumn,
  attributesClassColumn,
  { name: 'Reason', description: 'Why it is in its state.', cell: (o) => o.status?.reason ?? '' },
  ageColumn,
  volumeModeColumn,
])

const isBound = ({ spec }: KubeObject): boolean => Boolean(spec?.volumeName)

export const persistentVolumeClaim = tableOf([
  nameColumn,
  { name: 'Status', description: 'Whether it is bound.', cell: phase },
  { name: 'Volume', description: 'The volume it is bound to.', cell: (o) => o.spec?.volumeName ?? '' },
  {
    name: 'Capacity',
    description: 'How much that volume holds.',
    cell: (o) => (isBound(o) ? (o.status?.capacity?.storage ?? '0') : ''),
  },
  {
    name: 'Access Modes',
    description: 'How that volume can be mounted.',
    cell: (o) => (isBound(o) ? accessModes(o.status?.accessModes) : ''),
  },
  storageClassColumn,
  attributesClassColumn,
  ageColumn,
  volumeModeColumn,
])
