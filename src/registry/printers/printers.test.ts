import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Json, type KubeObject, parseApiVersion } from '../../api/index.js'
import { defaultColumns, tableColumns } from './index.js'

interface Recorded {
  readonly object: KubeObject
  readonly cells: readonly Json[]
  readonly conditions?: Json
  readonly columns?: object[]
}

// Objects and the rows kube-apiserver 1.36.3 made of them.
const recorded: Recorded[] = JSON.parse(readFileSync(new URL('./testdata/tables.json', import.meta.url), 'utf8'))

const now = Date.parse('2050-01-01T00:00:00Z')
const anyAge = (cell: Json): Json => (typeof cell === 'string' ? cell.replace(/^(\d+[smhdy]){1,2}$/, '<age>') : cell)

describe('rows as kube-apiserver makes them', () => {
  for (const { object, cells, conditions, columns } of recorded) {
    test(`${object.kind} ${cells.join(' ')}`, () => {
      const table = tableColumns(parseApiVersion(object.apiVersion!).group, object.kind!)
      expect(table.cells(object, { now }).map(anyAge)).toEqual(cells)
      expect(table.conditions?.(object)).toEqual(conditions)
      if (columns !== undefined) {
        expect(table.definitions).toMatchObject(columns)
        for (const { description } of table.definitions) expect(description).not.toBe('')
      }
    })
  }
})

const cell = (
  group: string,
  kind: string,
  column: string,
  object: Omit<KubeObject, 'metadata'> & { metadata?: object },
) => {
  const table = tableColumns(group, kind)
  const index = table.definitions.findIndex(({ name }) => name === column)
  return table.cells({ metadata: {}, ...object }, { now })[index]
}

const ago = (seconds: number) => new Date(now - seconds * 1_000).toISOString()

/** [group, kind, column, object, cell] */
const cells: [string, string, string, Parameters<typeof cell>[3], Json][] = [
  ['', 'Service', 'External-IP', { spec: { type: 'LoadBalancer' } }, '<pending>'],
  ['', 'Service', 'External-IP', { spec: { type: 'ExternalName', externalName: 'x.test' } }, 'x.test'],
  [
    '',
    'Service',
    'External-IP',
    { spec: { type: 'NodePort', externalIPs: ['1.1.1.1', '2.2.2.2'] } },
    '1.1.1.1,2.2.2.2',
  ],
  [
    '',
    'Service',
    'External-IP',
    {
      spec: { type: 'LoadBalancer', externalIPs: ['9.9.9.9'] },
      status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'a.test' }, { ip: '2.2.2.2' }] } },
    },
    '2.2.2.2,a.test,9.9.9.9',
  ],
  ['', 'Service', 'Port(s)', { spec: { ports: [] } }, '<none>'],
  [
    '',
    'Endpoints',
    'Endpoints',
    { subsets: [{ addresses: [{ ip: 'fd00::1' }], ports: [{ port: 80 }] }, { addresses: [{ ip: '1.1.1.1' }] }] },
    '[fd00::1]:80,1.1.1.1',
  ],
  ['', 'Endpoints', 'Endpoints', { subsets: [{ notReadyAddresses: [{ ip: '1.1.1.1' }], ports: [{ port: 80 }] }] }, ''],
  [
    '',
    'ResourceQuota',
    'Request',
    { status: { hard: { pods: '5', 'limits.cpu': '2', cpu: '1' }, used: { pods: '3' } } },
    'cpu: 0/1, pods: 3/5',
  ],
  ['', 'ResourceQuota', 'Limit', { status: { hard: { pods: '5', 'limits.cpu': '2' } } }, 'limits.cpu: 0/2'],
  ['', 'Node', 'Status', { status: { conditions: [{ type: 'Ready', status: 'False' }] } }, 'NotReady'],
  [
    '',
    'Node',
    'Roles',
    { metadata: { labels: { 'kubernetes.io/role': 'b', 'node-role.kubernetes.io/a': '' } } },
    'a,b',
  ],
  [
    '',
    'PersistentVolume',
    'Status',
    { metadata: { deletionTimestamp: ago(1) }, status: { phase: 'Bound' } },
    'Terminating',
  ],
  [
    '',
    'PersistentVolumeClaim',
    'StorageClass',
    {
      metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'old' } },
      spec: { storageClassName: 'new' },
    },
    'old',
  ],
  [
    '',
    'PersistentVolumeClaim',
    'Access Modes',
    { spec: { volumeName: 'v' }, status: { accessModes: ['ReadWriteMany', 'ReadWriteOnce', 'ReadWriteMany'] } },
    'RWO,RWX',
  ],
  ['', 'Event', 'Object', { involvedObject: { kind: 'Node' } }, 'node'],
  ['', 'Event', 'Last Seen', { eventTime: ago(90), firstTimestamp: null, lastTimestamp: null }, '90s'],
  ['', 'Event', 'Last Seen', { lastTimestamp: ago(90), series: { lastObservedTime: ago(30), count: 7 } }, '30s'],
  ['', 'Event', 'Count', { count: 3, series: { lastObservedTime: ago(30), count: 7 } }, 7],
  ['', 'Event', 'Count', { count: 3, series: {} }, 0],
  ['', 'ComponentStatus', 'Status', { conditions: [{ type: 'Healthy', status: 'False', error: 'e' }] }, 'Unhealthy'],
  ['', 'ComponentStatus', 'Error', { conditions: [{ type: 'Healthy', status: 'False', error: 'e' }] }, 'e'],
  [
    'apps',
    'ControllerRevision',
    'Controller',
    { metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 's', controller: true }] } },
    'statefulset.apps/s',
  ],
  [
    'apps',
    'Deployment',
    'Selector',
    { spec: { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } },
    '<invalid>',
  ],
  ['batch', 'Job', 'Completions', { spec: { parallelism: 3 }, status: { succeeded: 1 } }, '1/1 of 3'],
  ['batch', 'Job', 'Duration', { status: { startTime: ago(100), completionTime: ago(40) } }, '60s'],
  ['batch', 'Job', 'Duration', { status: { startTime: ago(3_600) } }, '60m'],
  [
    'batch',
    'Job',
    'Status',
    {
      metadata: { deletionTimestamp: ago(1) },
      status: {
        conditions: [
          { type: 'Suspended', status: 'True' },
          { type: 'Failed', status: 'False' },
        ],
      },
    },
    'Terminating',
  ],
  ['batch', 'Job', 'Status', { status: { conditions: [{ type: 'FailureTarget', status: 'True' }] } }, 'FailureTarget'],
  ['batch', 'CronJob', 'Last Schedule', { status: { lastScheduleTime: ago(59) } }, '59s'],
  [
    'autoscaling',
    'HorizontalPodAutoscaler',
    'Targets',
    {
      spec: {
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } },
          { type: 'External', external: { target: { averageValue: '5' } } },
          { type: 'Pods', pods: { target: { averageValue: '10' } } },
        ],
      },
      status: {
        currentMetrics: [
          { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '1' } } },
          { type: 'External', external: { current: { averageValue: '4' } } },
        ],
      },
    },
    'cpu: 12%/60%, 4/5 (avg) + 1 more...',
  ],
  ['autoscaling', 'HorizontalPodAutoscaler', 'Targets', { spec: { metrics: [{ type: 'New' }] } }, '<unknown type>'],
  [
    'networking.k8s.io',
    'Ingress',
    'Hosts',
    { spec: { rules: [{ host: 'a' }, {}, { host: 'b' }, { host: 'c' }, {}] } },
    'a,b,c + 2 more...',
  ],
  [
    'networking.k8s.io',
    'IngressClass',
    'Name',
    { metadata: { name: 'n', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } } },
    'n (default)',
  ],
  [
    'storage.k8s.io',
    'StorageClass',
    'Name',
    { metadata: { name: 'n', annotations: { 'storageclass.beta.kubernetes.io/is-default-class': 'true' } } },
    'n (default)',
  ],
  [
    'discovery.k8s.io',
    'EndpointSlice',
    'Endpoints',
    { endpoints: [{ addresses: ['1', '2'] }, { addresses: ['3', '4', '5'] }] },
    '1,2,3 + 2 more...',
  ],
  ['discovery.k8s.io', 'EndpointSlice', 'Ports', { ports: [{ port: 80 }, { name: 'x' }, {}] }, '80,x,*'],
  [
    'certificates.k8s.io',
    'CertificateSigningRequest',
    'Condition',
    { status: { conditions: [{ type: 'Approved' }, { type: 'Failed' }], certificate: 'YQ==' } },
    'Approved,Failed,Issued',
  ],
  [
    'certificates.k8s.io',
    'CertificateSigningRequest',
    'RequestedDuration',
    { spec: { expirationSeconds: 86_400 } },
    '24h',
  ],
  ['certificates.k8s.io', 'PodCertificateRequest', 'State', { status: { conditions: [{ type: 'Issued' }] } }, 'Issued'],
  [
    'resource.k8s.io',
    'ResourceClaim',
    'State',
    { status: { allocation: {}, reservedFor: [{}] } },
    'allocated,reserved',
  ],
  ['resource.k8s.io', 'ResourceClaim', 'State', { metadata: { deletionTimestamp: ago(1) } }, 'deleted'],
  [
    'resource.k8s.io',
    'ResourcePoolStatusRequest',
    'Status',
    {
      status: {
        poolCount: 3,
        pools: [{}],
        conditions: [{ type: 'Complete', status: 'True', lastTransitionTime: ago(5) }],
      },
    },
    'Complete (1/3 pools)',
  ],
  [
    'resource.k8s.io',
    'ResourcePoolStatusRequest',
    'Total',
    { status: { pools: [{ totalDevices: 2 }, { totalDevices: 3 }] } },
    '5',
  ],
  ['resource.k8s.io', 'ResourcePoolStatusRequest', 'Total', {}, '-'],
  ['resource.k8s.io', 'DeviceTaintRule', 'TimeAdded', { spec: { taint: { timeAdded: ago(7) } } }, '7s'],
  ['scheduling.k8s.io', 'PodGroup', 'Workload', { spec: { podGroupTemplateRef: null } }, '<none>'],
  [
    'scheduling.k8s.io',
    'PodGroup',
    'Status',
    { status: { conditions: [{ type: 'PodGroupScheduled', status: 'False' }] } },
    'Unschedulable',
  ],
  [
    'storagemigration.k8s.io',
    'StorageVersionMigration',
    'Resource',
    { spec: { resource: { group: 'apps', resource: 'deployments' } } },
    'deployments.apps',
  ],
  [
    'internal.apiserver.k8s.io',
    'StorageVersion',
    'StorageVersions',
    { status: { storageVersions: [{ apiServerID: 'a', encodingVersion: 'v1' }] } },
    'a=v1',
  ],
  ['apiregistration.k8s.io', 'APIService', 'Available', {}, 'Unknown'],
]

describe('cells', () => {
  for (const [group, kind, column, object, want] of cells) {
    test(`${kind} ${column}: ${want}`, () => expect(cell(group, kind, column, object)).toBe(want))
  }

  test('flow schemas are listed by precedence, then by name', () => {
    const compare = tableColumns('flowcontrol.apiserver.k8s.io', 'FlowSchema').compare!
    const schema = (name: string, matchingPrecedence: number) => ({ metadata: { name }, spec: { matchingPrecedence } })
    const list = [schema('c', 1), schema('b', 5), schema('a', 5), schema('d', 0)]
    expect(list.sort(compare).map(({ metadata }) => metadata.name)).toEqual(['d', 'c', 'a', 'b'])
  })

  test('a kind nobody knows has name and creation time', () => {
    expect(tableColumns('', 'LimitRange')).toBe(defaultColumns)
    expect(tableColumns('', 'constructor')).toBe(defaultColumns)
    expect(tableColumns('example.test', 'Pod')).toBe(defaultColumns)
  })
})
