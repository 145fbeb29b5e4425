import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { RuleContext } from '../rules.js'
import { endpoints } from './endpoints.js'
import { coreEvents, newEvents } from './events.js'
import { namespaces } from './namespaces.js'
import { nodes } from './nodes.js'
import { judge } from './testing.js'

describe('Nodes', () => {
  const { created, changed, read, statusChanged, warnings } = judge(nodes, 'Node')
  test('what can be allocated is the capacity unless said otherwise', () => {
    const { status } = read({ status: { capacity: { cpu: '4', memory: '1.0001m' } } })
    expect(status.allocatable).toEqual({ cpu: '4', memory: '2m' })
  })
  const podCidrs = [
    { spec: { podCIDR: '10.0.0.0/24' }, want: ['10.0.0.0/24'] },
    { spec: { podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }, want: ['10.0.0.0/24', 'fd00::/64'] },
    { spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }, want: ['10.1.0.0/24'] },
  ]
  for (const { spec, want } of podCidrs) {
    test(`podCIDR and podCIDRs: ${JSON.stringify(spec)}`, () => {
      expect(read({ spec }).spec).toMatchObject({ podCIDR: want[0], podCIDRs: want })
    })
  }
  const cases: readonly { readonly node: object; readonly want: readonly string[] }[] = [
    { node: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, want: [] },
    {
      node: {
        spec: {
          taints: [
            { key: 'a', effect: 'NoSchedule' },
            { key: 'a', effect: 'NoSchedule' },
          ],
        },
      },
      want: [
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      ],
    },
    {
      node: { spec: { taints: [{ key: 'a', effect: '' }] } },
      want: ['metadata.taints[0].effect: Required value'],
    },
    {
      node: { spec: { podCIDRs: ['10.0.0.0/24', '10.1.0.0/24'] } },
      want: [
        'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
      ],
    },
    {
      node: { status: { capacity: { cpu: '-1', pods: '1.5', 'x.test/y': '500m' } } },
      want: [
        'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
        'status.capacity.pods: Invalid value: "1500m": must be an integer',
        'status.capacity.x.test/y: Invalid value: "500m": must be an integer',
        'status.allocatable.cpu: Invalid value: "-1": must be greater than or equal to 0',
        'status.allocatable.pods: Invalid value: "1500m": must be an integer',
        'status.allocatable.x.test/y: Invalid value: "500m": must be an integer',
      ],
    },
    {
      node: { status: { declaredFeatures: ['B', 'A', 'A', 'small'] } },
      want: [
        'status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically',
        'status.declaredFeatures[2]: Duplicate value: "A"',
        'status.declaredFeatures[3]: Invalid value: "small": invalid feature name "small": must start with an UpperCamelCase segment, with subsequent segments separated by \'/\' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes',
      ],
    },
    {
      node: {
        metadata: { name: 'n', annotations: { 'scheduler.alpha.kubernetes.io/taints': '[{"Key":"","effect":"X"}]' } },
      },
      want: [
        'metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].key: Invalid value: "": name part must be non-empty',
      ],
    },
  ]
  for (const { node, want } of cases) {
    test(JSON.stringify(node), () => {
      const told = created(node)
      expect(told.slice(0, want.length)).toEqual(want)
    })
  }
  test('what was given to a node stays', () => {
    const old = { spec: { podCIDRs: ['10.0.0.0/24'], providerID: 'a', externalID: 'x' } }
    expect(changed(old, { spec: { unschedulable: true, ...old.spec } })).toEqual([])
    expect(changed(old, { spec: { podCIDRs: ['10.1.0.0/24'], providerID: 'b' } })).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      'spec.externalID: Forbidden: may not be updated',
    ])
  })
  test('addresses of a status are told once', () => {
    const address = { type: 'InternalIP', address: '10.0.0.1' }
    expect(statusChanged({}, { status: { addresses: [address, address] } })).toEqual([
      'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"10.0.0.1"}',
    ])
  })
  test('warnings', () => {
    expect(warnings({ spec: { externalID: 'x', podCIDRs: ['10.0.0.1/24'] } })).toEqual([
      'spec.externalID: this field is deprecated, and is unused by Kubernetes',
      'spec.podCIDRs[0]: CIDR value "10.0.0.1/24" is ambiguous in this context (should be "10.0.0.0/24" or "10.0.0.1/32"?)',
    ])
  })
})

describe('Endpoints', () => {
  const { created, changed, warnings } = judge(endpoints, 'Endpoints')
  test('subsets', () => {
    const bad = [
      {},
      {
        addresses: [{ ip: '169.254.0.1', hostname: 'A' }, { ip: 'ff12::1' }],
        ports: [{ port: 1 }, { port: 0, name: 'b', protocol: 'x' }],
      },
    ]
    expect(created({ subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1 }] }] })).toEqual([])
    expect(created({ subsets: bad }).map((text) => text.slice(0, 90))).toEqual([
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].hostname: Invalid value: "A": a lowercase RFC 1123 label must cons',
      'subsets[1].addresses[0].ip: Invalid value: "169.254.0.1": may not be in the link-local ran',
      'subsets[1].addresses[1].ip: Invalid value: "ff12::1": may not be in the link-local multica',
      'subsets[1].ports[0].name: Required value',
      'subsets[1].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'subsets[1].ports[1].protocol: Unsupported value: "x": supported values: "SCTP", "TCP", "UD',
    ])
    expect(changed({ subsets: bad }, { subsets: bad })).toEqual([])
    expect(changed({ subsets: bad }, { subsets: bad.slice(1) })).toHaveLength(6)
  })
  test('odd addresses are warned of, but for the controller', () => {
    const subsets = [{ addresses: [{ ip: 'FD00::1' }] }]
    const labels = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }
    expect(warnings({ subsets })).toEqual([
      'subsets[0].addresses[0].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
    ])
    expect(warnings({ subsets, metadata: { name: 'x', labels } })).toEqual([])
  })
})

describe('Events', () => {
  const old = judge(coreEvents, 'Event')
  const modern = judge(newEvents, 'Event')
  const event = (more: object) => ({
    metadata: { name: 'e', namespace: 'ns' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'ns' },
    ...more,
  })
  const complete = {
    eventTime: '2024-01-02T03:04:05.000001Z',
    reportingComponent: 'x.test/y',
    reportingInstance: 'i',
    action: 'a',
    reason: 'r',
    type: 'Normal',
  }
  test('of the core group may be nearly anything', () => {
    expect(old.created(event({}))).toEqual([])
    expect(old.created(event({ involvedObject: {} }))).toEqual([
      'involvedObject.namespace: Invalid value: "": does not match event.namespace',
    ])
    expect(old.changed(event({ message: 'a' }), event({ message: 'b' }))).toEqual([])
  })
  test('with a time are complete', () => {
    expect(old.created(event({ eventTime: complete.eventTime }))).toEqual([
      'reportingComponent: Required value',
      'reportingComponent: Invalid value: "": name part must be non-empty',
      expect.stringContaining('reportingComponent: Invalid value: "": name part must consist of'),
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ])
  })
  test('of events.k8s.io are complete and new', () => {
    expect(modern.created(event(complete))).toEqual([])
    expect(
      modern.created(event({ ...complete, eventTime: null, type: 'X', count: 1, source: { host: 'h' }, series: {} })),
    ).toEqual([
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
      'eventTime: Required value',
      'type: Invalid value: "": has invalid value: X',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ])
  })
  test('of events.k8s.io keep all but their series', () => {
    const series = { count: 2, lastObservedTime: '2024-01-02T03:04:05.000001Z' }
    expect(modern.changed(event(complete), event({ ...complete, series }))).toEqual([])
    expect(
      modern.changed(event(complete), event({ ...complete, message: 'm', reason: 's', related: { name: 'x' } })),
    ).toEqual([
      'reason: Invalid value: "s": field is immutable',
      'message: Invalid value: "m": field is immutable',
      'reason: Invalid value: "s": field is immutable',
      'related: Invalid value: {"Kind":"","Namespace":"","Name":"x","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
    ])
  })
  test('are selected by the same fields under other names', () => {
    for (const field of Object.values(newEvents.fieldLabels!)) expect(coreEvents.fields).toHaveProperty([field])
  })
})

test.each<{ finalizers: string[]; deleted?: true; orphan?: boolean; holds: boolean; after?: string[] }>([
  { finalizers: ['kubernetes'], holds: true },
  { finalizers: [], holds: true },
  { finalizers: ['kubernetes'], orphan: false, holds: true, after: ['a.test/b', 'foregroundDeletion'] },
  { finalizers: ['kubernetes'], deleted: true, orphan: false, holds: true },
  { finalizers: [], deleted: true, holds: false },
])('the deletion of a namespace: %j', ({ finalizers, deleted, orphan, holds, after = ['a.test/b'] }) => {
  const time = '2024-01-02T03:04:05Z'
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n', finalizers: ['a.test/b'], ...(deleted ? { deletionTimestamp: time } : {}) },
    spec: { finalizers },
    status: { phase: deleted ? 'Terminating' : 'Active' },
  }
  const context = { now: () => Date.parse(time) } as RuleContext
  expect(namespaces.holdDeletion!(object, context, orphan)).toBe(holds)
  expect(object).toMatchObject({
    metadata: { deletionTimestamp: time, finalizers: after },
    status: { phase: 'Terminating' },
  })
})
