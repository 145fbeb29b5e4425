import type { KubeObject } from '../../api/index.js'
import { parseApiVersion, qualified } from '../../api/index.js'
import { labelsText, selectorCell, selectorText } from './format.js'
import { ageColumn, type Column, containerColumns, nameColumn, type TableColumns, tableOf } from './table-columns.js'

const containers = containerColumns((o) => o.spec?.template)

const selectorColumn: Column = {
  name: 'Selector',
  wide: true,
  description: 'Labels of its pods.',
  cell: (o) => selectorCell(o.spec?.selector),
}

const status = (name: string, description: string, field: string, type: 'integer' | 'string' = 'integer'): Column => ({
  name,
  type,
  description,
  cell: (o) => o.status?.[field] ?? 0,
})

const replicasReady: Column = {
  name: 'Ready',
  description: 'Replicas that are ready, of those asked for.',
  cell: (o) => `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
}

function controller({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true)
  if (owner === undefined) return '<none>'
  const { group } = parseApiVersion(owner.apiVersion)
  const kind = qualified({ group, kind: owner.kind })
  return kind === '' ? owner.name : `${kind.toLowerCase()}/${owner.name}`
}

export const apps: Readonly<Record<string, TableColumns>> = {
  Deployment: tableOf([
    nameColumn,
    replicasReady,
    status('Up-to-date', 'Replicas made from the current template.', 'updatedReplicas', 'string'),
    status('Available', 'Replicas that have been ready long enough.', 'availableReplicas', 'string'),
    ageColumn,
    ...containers,
    { ...selectorColumn, cell: (o) => selectorText(o.spec?.selector) ?? '<invalid>' },
  ]),
  ReplicaSet: tableOf([
    nameColumn,
    { name: 'Desired', type: 'integer', description: 'Replicas asked for.', cell: (o) => o.spec?.replicas ?? 0 },
    status('Current', 'Replicas there are.', 'replicas'),
    status('Ready', 'Replicas that are ready.', 'readyReplicas'),
    ageColumn,
    ...containers,
    selectorColumn,
  ]),
  StatefulSet: tableOf([nameColumn, replicasReady, ageColumn, ...containers]),
  DaemonSet: tableOf([
    nameColumn,
    status('Desired', 'Nodes that should run its pod.', 'desiredNumberScheduled'),
    status('Current', 'Nodes that should run its pod and do.', 'currentNumberScheduled'),
    status('Ready', 'Nodes on which its pod is ready.', 'numberReady'),
    status('Up-to-date', 'Nodes that run a pod of the current template.', 'updatedNumberScheduled'),
    status('Available', 'Nodes on which its pod has been ready long enough.', 'numberAvailable'),
    {
      name: 'Node Selector',
      description: 'Labels of the nodes it is for.',
      cell: (o) => labelsText(o.spec?.template?.spec?.nodeSelector),
    },
    ageColumn,
    ...containers,
    selectorColumn,
  ]),
  ControllerRevision: tableOf([
    nameColumn,
    { name: 'Controller', description: 'The object whose state it keeps.', cell: controller },
    { name: 'Revision', description: 'Number of the revision.', cell: (o) => o.revision ?? 0 },
    ageColumn,
  ]),
}
