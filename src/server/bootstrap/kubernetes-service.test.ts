import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { Loopback } from '../loopback.js'
import { ensureServiceCidr, type PublishedAddress, withOwn } from './kubernetes-service.js'

test('with one server, an address that is not its own goes', () => {
  expect(withOwn(['10.0.0.9'], '10.0.0.1', 1)).toEqual(['10.0.0.1'])
})

test('as many servers as are counted stand beside each other', () => {
  expect(withOwn(['10.0.0.3', '10.0.0.2'], '10.0.0.1', 3)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  expect(withOwn(['10.0.0.1', '10.0.0.2'], '10.0.0.2', 3)).toEqual(['10.0.0.1', '10.0.0.2'])
})

test.each([
  ['10.0.0.1', ['10.0.0.1', '10.0.0.3']],
  ['10.0.0.3', ['10.0.0.2', '10.0.0.3']],
])('one too many: who comes after %s makes place', (own, left) => {
  expect(withOwn(['10.0.0.1', '10.0.0.2', '10.0.0.3'], own, 2)).toEqual(left)
})

describe('the default ServiceCIDR is said to be ready', () => {
  const said = async (stored: object): Promise<unknown[]> => {
    const statuses: unknown[] = []
    const loopback = {
      now: () => 0,
      ensure: () => Promise.resolve(),
      find: () => ({ metadata: { name: 'kubernetes' }, ...stored }) as KubeObject,
      applyStatus: (...call: unknown[]) => Promise.resolve(void statuses.push(call)),
    }
    await ensureServiceCidr(
      loopback as unknown as Loopback,
      { serviceCidrs: ['10.0.0.0/24'] } as unknown as PublishedAddress,
    )
    return statuses
  }
  const spec = { cidrs: ['10.0.0.0/24'] }

  test('by its own manager, once', async () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      message: 'Kubernetes default Service CIDR is ready',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    }
    expect(await said({ spec })).toEqual([
      [
        'networking.k8s.io/servicecidrs',
        'kubernetes',
        { conditions: [condition] },
        'kubernetes-service-cidr-controller',
      ],
    ])
  })

  test.each([
    ['it has other ranges', { spec: { cidrs: ['10.1.0.0/24'] } }],
    ['it is going', { spec, metadata: { name: 'kubernetes', deletionTimestamp: '2024-01-01T00:00:00Z' } }],
    ['somebody says it is not', { spec, status: { conditions: [{ type: 'Ready', status: 'False' }] } }],
  ])('not where %s', async (_, stored) => expect(await said(stored)).toEqual([]))
})
