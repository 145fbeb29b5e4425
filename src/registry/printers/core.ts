import type { KubeObject } from '../../api/index.js'
import { conditionStatus, labelsText, listText, loadBalancerText, orNone, since } from './format.js'
import { pod } from './pod.js'
import {
  ageColumn,
  containerColumns,
  containerImages,
  containerNames,
  nameColumn,
  type TableColumns,
  tableOf,
} from './table-columns.js'
import { persistentVolume, persistentVolumeClaim } from './volume.js'

const size = (map: object | undefined): number => Object.keys(map ?? {}).length

const podTemplate = tableOf([
  nameColumn,
  {
    name: 'Containers',
    description: 'Names of the containers in the template.',
    cell: (o) => containerNames(o.template),
  },
  {
    name: 'Images',
    description: 'Images of the containers in the template.',
    cell: (o) => containerImages(o.template),
  },
  {
    name: 'Pod Labels',
    description: 'Labels of pods made from the template.',
    cell: (o) => labelsText(o.template?.metadata?.labels),
  },
])

const replicationController = tableOf([
  nameColumn,
  { name: 'Desired', type: 'integer', description: 'Replicas asked for.', cell: (o) => o.spec?.replicas ?? 0 },
  { name: 'Current', type: 'integer', description: 'Replicas there are.', cell: (o) => o.status?.replicas ?? 0 },
  {
    name: 'Ready',
    type: 'integer',
    description: 'Replicas that are ready.',
    cell: (o) => o.status?.readyReplicas ?? 0,
  },
  ageColumn,
  ...containerColumns((o) => o.spec?.template),
  { name: 'Selector', wide: true, description: 'Labels of its pods.', cell: (o) => labelsText(o.spec?.selector) },
])

const service = tableOf([
  nameColumn,
  { name: 'Type', description: 'How the service is exposed.', cell: (o) => o.spec?.type ?? '' },
  {
    name: 'Cluster-IP',
    description: 'Its first address in the cluster.',
    cell: (o) => o.spec?.clusterIPs?.[0] ?? '<none>',
  },
  { name: 'External-IP', description: 'Addresses outside the cluster.', cell: externalIP },
  { name: 'Port(s)', description: 'Ports, with node ports where it has them.', cell: servicePorts },
  ageColumn,
  { name: 'Selector', wide: true, description: 'Labels of its pods.', cell: (o) => labelsText(o.spec?.selector) },
])

function externalIP({ spec = {}, status }: KubeObject): string {
  const external: string[] = spec.externalIPs ?? []
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return orNone(external.join(','))
    case 'LoadBalancer': {
      const balancer = loadBalancerText(status?.loadBalancer)
      return [...(balancer === '' ? [] : [balancer]), ...external].join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return '<unknown>'
  }
}

function servicePorts({ spec }: KubeObject): string {
  const ports: { port: number; nodePort?: number; protocol?: string }[] = spec?.ports ?? []
  const text = ports.map(
    ({ port, nodePort, protocol }) => `${nodePort ? `${port}:${nodePort}` : port}/${protocol ?? ''}`,
  )
  return orNone(text.join(','))
}

const endpoints = tableOf([
  nameColumn,
  { name: 'Endpoints', description: 'The first addresses that are ready, with their ports.', cell: addresses },
  ageColumn,
])

function addresses({ subsets = [] }: KubeObject): string {
  const list: string[] = []
  for (const { addresses = [], ports = [] } of subsets as {
    addresses?: { ip: string }[]
    ports?: { port: number }[]
  }[]) {
    if (ports.length === 0) for (const { ip } of addresses) list.push(ip)
    for (const { port } of ports) {
      for (const { ip } of addresses) list.push(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)
    }
  }
  return listText(list, 3, subsets.length === 0 ? '<none>' : '')
}

const node = tableOf([
  nameColumn,
  { name: 'Status', description: 'Whether the node is ready and takes pods.', cell: nodeStatus },
  { name: 'Roles', description: 'What its labels say it is for.', cell: nodeRoles },
  ageColumn,
  { name: 'Version', description: 'Version of its kubelet.', cell: (o) => o.status?.nodeInfo?.kubeletVersion ?? '' },
  { name: 'Internal-IP', wide: true, description: 'Its address in the cluster.', cell: nodeAddress('InternalIP') },
  { name: 'External-IP', wide: true, description: 'Its address outside the cluster.', cell: nodeAddress('ExternalIP') },
  {
    name: 'OS-Image',
    wide: true,
    description: 'Its operating system.',
    cell: (o) => orUnknown(o.status?.nodeInfo?.osImage),
  },
  {
    name: 'Kernel-Version',
    wide: true,
    description: 'Its kernel and processor architecture.',
    cell: ({ status }) => {
      const { kernelVersion, architecture } = status?.nodeInfo ?? {}
      return orUnknown(kernelVersion) + (architecture ? ` (${architecture})` : '')
    },
  },
  {
    name: 'Container-Runtime',
    wide: true,
    description: 'The runtime that runs its containers.',
    cell: (o) => orUnknown(o.status?.nodeInfo?.containerRuntimeVersion),
  },
])

const orUnknown = (text: string | undefined): string => text || '<unknown>'

function nodeStatus({ spec, status }: KubeObject): string {
  const ready = conditionStatus(status?.conditions, 'Ready')
  const text = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable === true ? `${text},SchedulingDisabled` : text
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(prefix)) roles.add(key.slice(prefix.length))
    else if (key === 'kubernetes.io/role') roles.add(value)
  }
  roles.delete('')
  return orNone([...roles].sort().join(','))
}

function nodeAddress(type: string): (object: KubeObject) => string {
  return ({ status }) =>
    (status?.addresses as { type: string; address: string }[] | undefined)?.find((address) => address.type === type)
      ?.address ?? '<none>'
}

const event = tableOf([
  { name: 'Last Seen', description: 'How long ago it was last seen.', cell: (o, { now }) => lastSeen(o, now) },
  { name: 'Type', description: 'Normal or Warning.', cell: (o) => o.type ?? '' },
  { name: 'Reason', description: 'Why it happened, in a word.', cell: (o) => o.reason ?? '' },
  { name: 'Object', description: 'What it happened to.', cell: involvedObject },
  {
    name: 'Subobject',
    wide: true,
    description: 'The part of the object it happened to.',
    cell: (o) => o.involvedObject?.fieldPath ?? '',
  },
  { name: 'Source', wide: true, description: 'Who reports it.', cell: eventSource },
  { name: 'Message', description: 'What happened.', cell: (o) => (o.message ?? '').trim() },
  {
    name: 'First Seen',
    wide: true,
    description: 'How long ago it was first seen.',
    cell: (o, { now }) => firstSeen(o, now),
  },
  {
    name: 'Count',
    wide: true,
    description: 'How often it was seen.',
    cell: (o) => (o.series ? (o.series.count ?? 0) : o.count || 1),
  },
  { ...nameColumn, wide: true },
])

const firstSeen = (o: KubeObject, now: number): string => since(o.firstTimestamp || o.eventTime, now)

const lastSeen = (o: KubeObject, now: number): string =>
  o.series ? since(o.series.lastObservedTime, now) : o.lastTimestamp ? since(o.lastTimestamp, now) : firstSeen(o, now)

function involvedObject({ involvedObject: { kind = '', name = '' } = {} }: KubeObject): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
}

function eventSource({ source, reportingComponent, reportingInstance }: KubeObject): string {
  const component = source?.component || reportingComponent || ''
  const instance = source?.host || reportingInstance || ''
  return instance === '' ? component : `${component}, ${instance}`
}

const namespace = tableOf([
  nameColumn,
  { name: 'Status', description: 'Active or Terminating.', cell: (o) => o.status?.phase ?? '' },
  ageColumn,
])

const secret = tableOf([
  nameColumn,
  { name: 'Type', description: 'What the secret is for.', cell: (o) => o.type ?? '' },
  { name: 'Data', description: 'How many entries it has.', cell: (o) => size(o.data) },
  ageColumn,
])

const configMap = tableOf([
  nameColumn,
  { name: 'Data', description: 'How many entries it has.', cell: (o) => size(o.data) + size(o.binaryData) },
  ageColumn,
])

const resourceQuota = tableOf([
  nameColumn,
  { name: 'Request', description: 'Used and allowed amounts of what is requested.', cell: (o) => quota(o, false) },
  { name: 'Limit', description: 'Used and allowed amounts of what is limited.', cell: (o) => quota(o, true) },
  ageColumn,
])

function quota({ status = {} }: KubeObject, limits: boolean): string {
  return Object.keys(status.hard ?? {})
    .filter((resource) => resource.startsWith('limits.') === limits)
    .sort()
    .map((resource) => `${resource}: ${status.used?.[resource] ?? '0'}/${status.hard[resource]}`)
    .join(', ')
}

const componentStatus = tableOf([
  nameColumn,
  {
    name: 'Status',
    description: 'Whether the component is healthy.',
    cell: (o) => {
      const healthy = conditionStatus(o.conditions, 'Healthy')
      return healthy === undefined ? 'Unknown' : healthy === 'True' ? 'Healthy' : 'Unhealthy'
    },
  },
  { name: 'Message', description: 'What its check says.', cell: (o) => healthCondition(o)?.message ?? '' },
  { name: 'Error', description: 'Why its check failed.', cell: (o) => healthCondition(o)?.error ?? '' },
])

const healthCondition = ({ conditions }: KubeObject): { message?: string; error?: string } | undefined =>
  conditions?.find(({ type }: { type: string }) => type === 'Healthy')

export const core: Readonly<Record<string, TableColumns>> = {
  Pod: pod,
  PodTemplate: podTemplate,
  ReplicationController: replicationController,
  Service: service,
  Endpoints: endpoints,
  Node: node,
  Event: event,
  Namespace: namespace,
  Secret: secret,
  ServiceAccount: tableOf([nameColumn, ageColumn]),
  ConfigMap: configMap,
  ResourceQuota: resourceQuota,
  ComponentStatus: componentStatus,
  PersistentVolume: persistentVolume,
  PersistentVolumeClaim: persistentVolumeClaim,
}

export const events: Readonly<Record<string, TableColumns>> = { Event: event }
