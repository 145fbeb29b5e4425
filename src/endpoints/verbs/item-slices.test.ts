import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool, pooledBytes } from '../../http/index.js'
import { ItemSlices, type Slice } from './item-slices.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
const size = fc.oneof(fc.nat(40), fc.nat(3 * pooledBytes))
const written = (slices: readonly Slice[]): string => Buffer.concat(slices.map(({ bytes }) => bytes)).toString()

test('all is there, in order, and nothing of what is skipped', () => {
  const pool = new BufferPool()
  fc.assert(
    fc.property(text, fc.array(size, { maxLength: 5 }), text, fc.nat(20), text, (head, sizes, skipped, room, tail) => {
      const slices = new ItemSlices(pool, room)
      const sent: Slice[] = []
      const items = sizes.map((length, i) => String(i).repeat(length))
      for (const item of items)
        if (!slices.add(Buffer.from(skipped + item), skipped.length) && room === 0) sent.push(...slices.takeFull())
      if (room === 0 && head !== '') return
      sent.push(...slices.finish(Buffer.from(head), Buffer.from(tail)))
      const want = items.map((item, i) => `${i > 0 ? ',' : ''}{${item}`).join('')
      expect(written(sent) === head + want + tail).toBe(true)
      for (const slice of sent) slices.free(slice)
    }),
    { numRuns: 200 },
  )
})

test('what stands in front is put there where nothing is left free', () => {
  const slices = new ItemSlices(new BufferPool())
  slices.put(Buffer.from('['))
  slices.add(Buffer.from('?1}'), 1)
  slices.add(Buffer.from('?2}'), 1)
  expect(written(slices.finish(Buffer.alloc(0), Buffer.from(']')))).toBe('[{1},{2}]')
})

test('buffers are used again, those of their own are not', () => {
  const pool = new BufferPool()
  const one = pool.take()
  pool.give(one)
  const slices = new ItemSlices(pool)
  slices.add(Buffer.alloc(2 * pooledBytes), 0)
  slices.add(Buffer.from('a'), 0)
  const [large, small] = slices.finish(Buffer.alloc(0), Buffer.from('z'))
  expect(large?.pooled).toBeUndefined()
  expect(small?.pooled).toBe(one)
  for (const slice of [large, small]) slices.free(slice!)
  expect(pool.take()).toBe(one)
  expect(pool.take()).not.toBe(one)
})

test('what was not sent goes back', () => {
  const pool = new BufferPool()
  const slices = new ItemSlices(pool)
  slices.add(Buffer.alloc(pooledBytes - 10), 0)
  slices.add(Buffer.alloc(100), 0)
  slices.discard()
  const again = [pool.take(), pool.take()]
  expect(new Set(again).size).toBe(2)
  slices.discard()
})
