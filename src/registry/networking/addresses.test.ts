import { describe, expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { ipaddresses } from './ipaddresses.js'
import { servicecidrs } from './servicecidrs.js'

describe('IPAddresses', () => {
  const { created, changed } = judge(ipaddresses, 'IPAddress', 'networking.k8s.io')
  const parent = (parentRef: object | undefined) => ({ spec: { parentRef } })
  test('are named after their address', () => {
    const name = ipaddresses.name as (name: string) => readonly string[]
    expect(name('10.0.0.1')).toEqual([])
    expect(name('2001:DB8::1')).toEqual(['must be in canonical form ("2001:db8::1")'])
    expect(name('010.0.0.1')).toEqual(['must not have leading 0s'])
    expect(name('x')).toEqual(['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'])
  })
  test('have a parent that stays', () => {
    expect(created(parent({ resource: 'services', name: 'a', namespace: 'b' }))).toEqual([])
    expect(created(parent(undefined))).toEqual(['spec.parentRef: Required value'])
    expect(created(parent({ resource: 'a/b' }))).toEqual([
      'spec.parentRef.resource: Invalid value: "a/b": may not contain \'/\'',
      'spec.parentRef.name: Required value',
    ])
    const metadata = { name: '10.0.0.1' }
    const [a, b] = ['a', 'b'].map((name) => ({ metadata, ...parent({ resource: 'services', name }) }))
    expect(changed(a!, b!).at(-1)).toContain(
      'spec.parentRef: Invalid value: {"resource":"services","name":"b"}: field is immutable',
    )
  })
})

describe('ServiceCIDRs', () => {
  const { created, changed } = judge(servicecidrs, 'ServiceCIDR', 'networking.k8s.io')
  const blocks = (...cidrs: string[]) => ({ spec: { cidrs } })
  const cases = [
    { cidrs: ['10.0.0.0/24', 'fd00::/108'], want: [] },
    { cidrs: [], want: ['spec.cidrs: Required value: at least one CIDR required'] },
    {
      cidrs: ['a', 'b', 'c'],
      want: ['spec.cidrs: Invalid value: {"CIDRs":["a","b","c"]}: may only hold up to 2 values'],
    },
    {
      cidrs: ['10.0.0.0/24', '10.1.0.0/24'],
      want: [
        'spec.cidrs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
      ],
    },
    {
      cidrs: ['10.0.0.1/24'],
      want: ['spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length'],
    },
  ]
  for (const { cidrs, want } of cases) test(cidrs.join(), () => expect(created(blocks(...cidrs))).toEqual(want))

  test('a second family may be added', () => {
    expect(changed(blocks('10.0.0.0/24'), blocks('10.0.0.0/24', 'fd00::/108'))).toEqual([])
    expect(changed(blocks('10.0.0.0/24'), blocks('10.1.0.0/24'))).toEqual([
      'spec.cidrs[0]: Invalid value: "10.1.0.0/24": field is immutable',
    ])
    expect(changed(blocks('10.0.0.0/24', 'fd00::/108'), blocks('10.0.0.0/24'))).toEqual([
      'spec.cidrs: Invalid value: ["10.0.0.0/24"]: field is immutable',
    ])
  })
})
