import { describe, expect, test } from 'vitest'
import { services } from './services.js'
import { judge } from './testing.js'

const { created, changed, read, statusChanged, warnings } = judge(services, 'Service')
const base = { clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
const service = (spec: object, metadata: object = {}) => ({
  metadata: { name: 's', ...metadata },
  spec: { ...base, ports: [{ port: 80 }], ...spec },
})
const without = { clusterIP: '', clusterIPs: [], ipFamilies: [], ipFamilyPolicy: null }

describe('defaults', () => {
  const cases = [
    { spec: {}, want: { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' } },
    { spec: { type: 'NodePort' }, want: { externalTrafficPolicy: 'Cluster' } },
    { spec: { externalIPs: ['1.2.3.4'] }, want: { externalTrafficPolicy: 'Cluster' } },
    { spec: { type: 'LoadBalancer' }, want: { allocateLoadBalancerNodePorts: true } },
    {
      spec: { sessionAffinity: 'ClientIP' },
      want: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    },
    {
      spec: { ports: [{ port: 80 }, { port: 81, protocol: 'UDP', targetPort: 'x' }] },
      want: {
        ports: [
          { port: 80, protocol: 'TCP', targetPort: 80 },
          { port: 81, protocol: 'UDP', targetPort: 'x' },
        ],
      },
    },
  ]
  for (const { spec, want } of cases) {
    test(JSON.stringify(spec), () => expect(read(service(spec)).spec).toMatchObject(want))
  }
  test('an ExternalName gets no policies', () => {
    const { spec } = read(service({ type: 'ExternalName', ...without }))
    expect(spec.internalTrafficPolicy).toBeUndefined()
    expect(spec.externalTrafficPolicy).toBeUndefined()
  })
})

describe('create', () => {
  const cases: readonly { readonly spec: object; readonly want: readonly string[] }[] = [
    { spec: {}, want: [] },
    { spec: { ports: [] }, want: ['spec.ports: Required value'] },
    { spec: { ...base, clusterIP: 'None', clusterIPs: ['None'], ports: [] }, want: [] },
    {
      spec: { ports: [{ port: 0 }] },
      want: [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    },
    { spec: { ports: [{ port: 1 }, { port: 2, name: 'b' }] }, want: ['spec.ports[0].name: Required value'] },
    {
      spec: {
        ports: [
          { port: 1, name: 'b' },
          { port: 2, name: 'b' },
        ],
      },
      want: ['spec.ports[1].name: Duplicate value: "b"'],
    },
    {
      spec: {
        ports: [
          { port: 1, name: 'a' },
          { port: 1, name: 'b' },
        ],
      },
      want: [
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":1,"TargetPort":0,"NodePort":0}',
      ],
    },
    {
      spec: { ports: [{ port: 1, nodePort: 30001 }] },
      want: ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    },
    {
      spec: { type: 'X' },
      want: [
        'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    },
    { spec: { type: 'ExternalName', ...without }, want: ['spec.externalName: Required value'] },
    { spec: { type: 'ExternalName', ...without, externalName: 'a.b.' }, want: [] },
    {
      spec: { type: 'ExternalName', externalName: 'a.b' },
      want: [
        'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
      ],
    },
    {
      spec: { type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] },
      want: ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    },
    {
      spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      want: [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    },
    {
      spec: { externalIPs: ['127.0.0.1'] },
      want: [
        'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    },
    {
      spec: { externalIPs: ['010.0.0.1'] },
      want: ['spec.externalIPs[0]: Invalid value: "010.0.0.1": must not have leading 0s'],
    },
    {
      spec: { loadBalancerSourceRanges: ['10.0.0.0/8'] },
      want: ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    },
    {
      spec: { loadBalancerClass: 'a/b' },
      want: ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"],
    },
    {
      spec: { externalTrafficPolicy: 'Local' },
      want: ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    },
    {
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 70000 },
      want: ['spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    },
    {
      spec: { trafficDistribution: 'Near' },
      want: [
        'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
      ],
    },
    {
      spec: { clusterIPs: ['10.0.0.6'] },
      want: ['spec.clusterIPs: Invalid value: ["10.0.0.6"]: first value must match `clusterIP`'],
    },
    {
      spec: { clusterIPs: ['10.0.0.5', '10.0.0.6'] },
      want: [
        'spec.clusterIPs: Invalid value: ["10.0.0.5","10.0.0.6"]: may specify no more than one IP for each IP family',
      ],
    },
    {
      spec: { ipFamilies: ['IPv6'] },
      want: ['spec.clusterIPs[0]: Invalid value: "10.0.0.5": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    },
    {
      spec: { clusterIPs: ['10.0.0.5', 'None'] },
      want: [
        'spec.clusterIPs[1]: Invalid value: "None": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    },
  ]
  for (const { spec, want } of cases) test(JSON.stringify(spec), () => expect(created(service(spec))).toEqual(want))

  test('odd addresses pass while the gate is off', () => {
    const lenient = judge(services, 'Service', '', ['StrictIPCIDRValidation'])
    expect(lenient.created(service({ externalIPs: ['010.0.0.1'] }))).toEqual([])
  })
  test('source ranges in the annotation', () => {
    const annotations = { 'service.beta.kubernetes.io/load-balancer-source-ranges': '10.0.0.0/8, x' }
    expect(created(service({ type: 'LoadBalancer' }, { annotations }))).toEqual([
      'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ])
  })
})

describe('update', () => {
  const cases: readonly { readonly old: object; readonly spec: object; readonly want: readonly string[] }[] = [
    { old: {}, spec: { selector: { a: 'b' } }, want: [] },
    {
      old: {},
      spec: { clusterIP: '10.0.0.6', clusterIPs: ['10.0.0.6'] },
      want: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.6"]: may not change once set'],
    },
    { old: { externalIPs: ['010.0.0.1'] }, spec: { externalIPs: ['010.0.0.1'] }, want: [] },
    {
      old: { type: 'LoadBalancer', loadBalancerClass: 'a/b' },
      spec: { type: 'LoadBalancer' },
      want: ['spec.loadBalancerClass: Invalid value: null: may not change once set'],
    },
    {
      old: { type: 'LoadBalancer', loadBalancerClass: 'a/b' },
      spec: {
        type: 'ClusterIP',
        loadBalancerClass: 'a/b',
        allocateLoadBalancerNodePorts: true,
        externalTrafficPolicy: 'Cluster',
      },
      want: [],
    },
    { old: {}, spec: { type: 'ExternalName', externalName: 'a.b' }, want: [] },
    {
      old: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 },
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30002 },
      want: ['spec.healthCheckNodePort: Forbidden: field is immutable'],
    },
  ]
  for (const { old, spec, want } of cases) {
    test(`${JSON.stringify(old)} → ${JSON.stringify(spec)}`, () => {
      expect(changed(service(old), service(spec))).toEqual(want)
    })
  }
})

test('the status of a load balancer', () => {
  const old = service({ type: 'LoadBalancer' })
  const status = (...ingress: object[]) => ({ status: { loadBalancer: { ingress } } })
  expect(statusChanged(old, status({ ip: '1.2.3.4', ipMode: 'VIP' }, { hostname: 'a.test' }))).toEqual([])
  expect(statusChanged(old, status({ ip: 'x', ipMode: 'No' }, { hostname: '1.2.3.4', ipMode: 'VIP' }))).toEqual([
    'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[0].ipMode: Unsupported value: "No": supported values: "Proxy", "VIP"',
    'status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ])
  expect(statusChanged(service({}), status({ ip: '1.2.3.4' }))).toEqual([
    "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
  ])
})

test('warnings', () => {
  expect(
    warnings(service({ externalIPs: ['1.2.3.4'], externalName: 'x', trafficDistribution: 'PreferClose' })),
  ).toEqual([
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ])
  expect(warnings(service({ clusterIP: 'None', clusterIPs: ['None'], sessionAffinity: 'ClientIP' }))).toEqual([
    'spec.SessionAffinity is ignored for headless services',
  ])
})
