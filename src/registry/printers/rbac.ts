import type { KubeObject } from '../../api/index.js'
import { ageColumn, nameColumn, type TableColumns, tableOf } from './table-columns.js'

interface Subject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
}

const subjects = (kind: string, text: (subject: Subject) => string) => (object: KubeObject) =>
  ((object.subjects ?? []) as Subject[])
    .filter((subject) => subject.kind === kind)
    .map(text)
    .join(', ')

const binding = tableOf([
  nameColumn,
  {
    name: 'Role',
    description: 'The role it grants.',
    cell: ({ roleRef }) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`,
  },
  ageColumn,
  { name: 'Users', wide: true, description: 'Users it is granted to.', cell: subjects('User', ({ name }) => name) },
  { name: 'Groups', wide: true, description: 'Groups it is granted to.', cell: subjects('Group', ({ name }) => name) },
  {
    name: 'ServiceAccounts',
    wide: true,
    description: 'Service accounts it is granted to.',
    cell: subjects('ServiceAccount', ({ namespace, name }) => `${namespace ?? ''}/${name}`),
  },
])

export const rbac: Readonly<Record<string, TableColumns>> = { RoleBinding: binding, ClusterRoleBinding: binding }
