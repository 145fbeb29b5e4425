import { expect, test } from 'vitest'
import { Leases } from './leases.js'

const hour = 3_600

function leases(reuseSeconds: number) {
  const clock = { now: 0 }
  const granted: number[] = []
  const full: number[] = []
  const client = {
    grant: async (request: { readonly ttl: number }) => {
      granted.push(request.ttl)
      return {}
    },
  }
  const observer = { lease: (objects: number) => void full.push(objects) }
  return { clock, granted, full, leases: new Leases(client, reuseSeconds, () => clock.now, observer as never) }
}

test('what ends at about the same time shares a lease, for a share of its life that is bounded', async () => {
  const { clock, granted, leases: all } = leases(60)
  const first = await all.get(hour)
  clock.now = 60_000
  expect(await all.get(hour)).toBe(first)
  clock.now = 60_001
  expect(await all.get(hour)).not.toBe(first)
  expect(granted).toEqual([3_660, 3_660])
})

test('what lives for seconds does not end the lease of what lives for an hour', async () => {
  const { granted, leases: all } = leases(60)
  const first = await all.get(hour)
  const short = await all.get(15)
  expect(short).not.toBe(first)
  expect(await all.get(hour)).toBe(first)
  expect(granted).toEqual([3_660, 15])
})

test('a lease has a thousand objects, and who asks at once gets the same', async () => {
  const { full, leases: all } = leases(60)
  const ids = await Promise.all(Array.from({ length: 1_500 }, () => all.get(hour)))
  expect(new Set(ids).size).toBe(2)
  expect(ids.filter((id) => id === ids[0])).toHaveLength(1_000)
  expect(full).toEqual([1_000])
})

test('a lease that etcd has forgotten is not given out again', async () => {
  const { leases: all } = leases(60)
  const first = await all.get(hour)
  all.forget()
  expect(await all.get(hour)).not.toBe(first)
})
