import { admissionregistration } from './admissionregistration.js'
import { apps } from './apps.js'
import { autoscaling } from './autoscaling.js'
import { batch } from './batch.js'
import { certificates } from './certificates.js'
import { core, events } from './core.js'
import { flowcontrol } from './flowcontrol.js'
import { discovery, networking } from './networking.js'
import { apiregistration, apiserverInternal, coordination, node, policy, storageMigration } from './other.js'
import { rbac } from './rbac.js'
import { resource } from './resource.js'
import { scheduling } from './scheduling.js'
import { storage } from './storage.js'
import { defaultColumns, type TableColumns } from './table-columns.js'

const groups: ReadonlyMap<string, Readonly<Record<string, TableColumns>>> = new Map([
  ['', core],
  ['admissionregistration.k8s.io', admissionregistration],
  ['apiregistration.k8s.io', apiregistration],
  ['apps', apps],
  ['autoscaling', autoscaling],
  ['batch', batch],
  ['certificates.k8s.io', certificates],
  ['coordination.k8s.io', coordination],
  ['discovery.k8s.io', discovery],
  ['events.k8s.io', events],
  ['flowcontrol.apiserver.k8s.io', flowcontrol],
  ['internal.apiserver.k8s.io', apiserverInternal],
  ['networking.k8s.io', networking],
  ['node.k8s.io', node],
  ['policy', policy],
  ['rbac.authorization.k8s.io', rbac],
  ['resource.k8s.io', resource],
  ['scheduling.k8s.io', scheduling],
  ['storage.k8s.io', storage],
  ['storagemigration.k8s.io', storageMigration],
])

/**
 * The table columns of a built-in kind. Kinds without a printer of their own (LimitRange, Role, ClusterRole,
 * CSIStorageCapacity, CustomResourceDefinition) have name and creation time. Source of names, types and cells: kubernetes
 * pkg/printers/internalversion; descriptions are this project's own.
 */
export function tableColumns(group: string, kind: string): TableColumns {
  const kinds = groups.get(group)
  return (kinds !== undefined && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined) ?? defaultColumns
}
