import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { endpointslices } from './endpointslices.js'

const { read, created, changed, warnings } = judge(endpointslices, 'EndpointSlice', 'discovery.k8s.io')
const slice = (addressType: string, ...addresses: string[]) => ({ addressType, endpoints: [{ addresses }] })
const context = { enabled: () => true } as never

test('ports have a name and a protocol', () => {
  expect(read({ ports: [{ port: 1 }, { name: 'a', protocol: 'UDP' }] }).ports).toEqual([
    { name: '', protocol: 'TCP', port: 1 },
    { name: 'a', protocol: 'UDP' },
  ])
})

const at = 'endpoints[0].addresses'
test.each<[object, string[]]>([
  [slice('IPv4', '10.0.0.1'), []],
  [slice('IPv6', '2001:db8::1'), []],
  [slice('FQDN', 'a.example.com'), []],
  [slice('', '10.0.0.1'), ['addressType: Required value']],
  [slice('IPX', 'x'), ['addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"']],
  [slice('IPv4'), [`${at}: Required value: must contain at least 1 address`]],
  [slice('IPv4', '2001:db8::1'), [`${at}: Invalid value: "2001:db8::1": must be an IPv4 address`]],
  [slice('IPv6', '10.0.0.1'), [`${at}: Invalid value: "10.0.0.1": must be an IPv6 address`]],
  [
    slice('IPv4', '127.0.0.1'),
    [`${at}[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`],
  ],
  [slice('IPv6', '2001:DB8::1'), [`${at}[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")`]],
  [
    slice('IPv4', ...Array.from({ length: 101 }, (_, i) => `10.0.0.${i}`)),
    [`${at}: Too many: 101: must have at most 100 items`],
  ],
  [
    { ...slice('IPv4', '10.0.0.1'), ports: [{}, {}, { name: 'A', protocol: 'ICMP' }] },
    [
      'ports[1].name: Duplicate value: ""',
      expect.stringMatching(/^ports\[2\]\.name: Invalid value: "A": a lowercase RFC 1123 label/),
      'ports[2].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
    ],
  ],
  [
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }],
    },
    ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
  ],
  [
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], hints: { forNodes: Array(9).fill({ name: 'a' }) } }],
    },
    ['endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items'],
  ],
])('%j', (body, found) => {
  expect(created(body)).toEqual(found)
})

test('endpoints that were wrong before may stay, the address type must', () => {
  const wrong = slice('IPv4', 'x')
  expect(changed(wrong, { ...wrong, ports: [{ name: 'a' }] })).toEqual([])
  expect(changed(wrong, slice('IPv4', 'y'))).toHaveLength(1)
  expect(changed(slice('IPv4', '10.0.0.1'), slice('FQDN', 'a.b'))).toEqual([
    'addressType: Invalid value: "FQDN": field is immutable',
  ])
})

describe('the old topology', () => {
  const topology = { 'kubernetes.io/hostname': 'n1' }
  const with_ = (endpoint: object) => read({ addressType: 'IPv4', endpoints: [endpoint] })
  test('is dropped', () => {
    const object = with_({ addresses: ['10.0.0.1'], deprecatedTopology: topology })
    endpointslices.prepareForCreate?.(object, context)
    expect(object.endpoints).toEqual([{ addresses: ['10.0.0.1'], conditions: {} }])
  })
  test('that was there keeps its node', () => {
    const old = with_({ addresses: ['10.0.0.1'], deprecatedTopology: topology })
    const object = with_({ addresses: ['10.0.0.2'], deprecatedTopology: topology })
    endpointslices.prepareForUpdate?.(object, old, context)
    expect(object.endpoints[0]).toMatchObject({ nodeName: 'n1' })
    expect(object.endpoints[0].deprecatedTopology).toBeUndefined()
    expect(object.metadata.generation).toBe(1)
  })
  test('stays where nothing changes', () => {
    const old = with_({ addresses: ['10.0.0.1'], deprecatedTopology: topology })
    const object = with_({ addresses: ['10.0.0.1'], deprecatedTopology: topology })
    endpointslices.prepareForUpdate?.(object, old, context)
    expect(object.endpoints[0].deprecatedTopology).toEqual(topology)
    expect(object.metadata.generation).toBeUndefined()
  })
})

test('warnings', () => {
  expect(warnings(slice('FQDN', 'a.b'))).toEqual(['spec.addressType: FQDN endpoints are deprecated'])
  const odd = slice('IPv6', '2001:DB8::1')
  expect(warnings(odd)).toEqual([
    'endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ])
  const managed = { name: 'x', labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } }
  expect(warnings({ ...odd, metadata: managed })).toEqual([])
})
