import { expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { type Cluster, clusterResolver, endpointResolver, hasReadyEndpoint } from './service-resolver.js'

const service = (spec: object): KubeObject => ({ metadata: { name: 's' }, spec })
const slice = (addressType: string, addresses: [string, boolean?][], ports: object[]): KubeObject => ({
  metadata: {},
  addressType,
  ports,
  endpoints: addresses.map(([address, ready]) => ({
    addresses: [address],
    conditions: ready === undefined ? {} : { ready },
  })),
})
const clusterOf = (spec: object | undefined, slices: KubeObject[] = []): Cluster => ({
  service: () => (spec === undefined ? undefined : service(spec)),
  endpointSlices: () => slices,
})
const outcome = (resolve: () => { host: string; port: number }): string => {
  try {
    const { host, port } = resolve()
    return `${host} ${port}`
  } catch (error) {
    return (error as Error).message
  }
}
const ports = [{ name: 'web', port: 443 }]

test.each<[object | undefined, string]>([
  [undefined, 'service "s" not found'],
  [{ type: 'ClusterIP', clusterIP: '10.0.0.1', ports }, '10.0.0.1 443'],
  [{ type: 'NodePort', clusterIP: '10.0.0.1', ports }, '10.0.0.1 443'],
  [{ type: 'ClusterIP', clusterIP: 'None', ports }, 'cannot route to service with ClusterIP "None"'],
  [{ type: 'ClusterIP', clusterIP: '10.0.0.1', ports: [{ port: 80 }] }, 'no service port 443 found for service "s"'],
  [{ type: 'ExternalName', externalName: 'out.test' }, 'out.test 443'],
  [{ type: 'Odd' }, 'unsupported service type "Odd"'],
])('to the service %j', (spec, expected) => {
  expect(outcome(() => clusterResolver(clusterOf(spec))('n', 's', 443))).toBe(expected)
})

const spec = { type: 'ClusterIP', clusterIP: '10.0.0.1', ipFamilies: ['IPv6'], ports }
const target = [{ name: 'web', port: 8443 }]
test.each<[object, KubeObject[], string]>([
  [spec, [slice('IPv4', [['1.1.1.1']], target)], '1.1.1.1 8443'],
  [spec, [slice('IPv4', [['1.1.1.1']], target), slice('IPv6', [['::1']], target)], '::1 8443'],
  [spec, [slice('IPv6', [['::1', false]], target), slice('IPv4', [['1.1.1.1', true]], target)], '1.1.1.1 8443'],
  [spec, [slice('IPv4', [['1.1.1.1']], [{ name: 'other', port: 1 }])], 'no endpoints available for service "s"'],
  [spec, [], 'no endpoints available for service "s"'],
  [{ type: 'ExternalName', externalName: 'x' }, [], 'unsupported service type "ExternalName"'],
  [{ ...spec, ports: [{ port: 443 }] }, [slice('IPv4', [['1.1.1.1']], [{ port: 7 }])], '1.1.1.1 7'],
])('to an endpoint of %j', (of, slices, expected) => {
  for (const chance of [0, 0.5, 0.999]) {
    expect(outcome(() => endpointResolver(clusterOf(of, slices), () => chance)('n', 's', 443))).toBe(expected)
  }
})

test('every ready endpoint gets its turn', () => {
  const slices = [slice('IPv4', [['a', true], ['b', false], ['c']], target)]
  const seen = new Set<string>()
  for (let i = 0; i < 100; i++) seen.add(endpointResolver(clusterOf(spec, slices), Math.random)('n', 's', 443).host)
  expect([...seen].sort()).toEqual(['a', 'c'])
})

test('an endpoint counts if it is ready and has the port', () => {
  expect(hasReadyEndpoint([slice('IPv4', [['a', false]], target)], 'web')).toBe(false)
  expect(hasReadyEndpoint([slice('IPv4', [['a']], target)], 'web')).toBe(true)
  expect(hasReadyEndpoint([slice('IPv4', [['a']], [{ name: 'web' }])], 'web')).toBe(false)
})
