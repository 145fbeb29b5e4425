import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from './frames.js'
import { HeaderDecoder } from './hpack.js'
import { ResponseHeaderEncoder } from './response-headers.js'

const limits = { fields: 1_000, bytes: 1 << 24 }

interface Frame {
  readonly type: number
  readonly flags: number
  readonly payload: Buffer
}

function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  new FrameReader((type, flags, _, payload) => frames.push({ type, flags, payload })).take(bytes)
  return frames
}

function read(decoder: HeaderDecoder, bytes: Buffer): [string, string][] {
  const block = Buffer.concat(framesOf(bytes).map(({ payload }) => payload))
  return decoder.decode(block).map(({ name, value }) => [name, value])
}

describe('heads of answers', () => {
  test('what is written is read, whatever the other side is ready to remember', () => {
    const name = fc.constantFrom('content-type', 'date', 'vary', 'audit-id', 'location', 'x-own', 'cache-control')
    const value = fc.oneof(
      fc.constantFrom('a', 'application/json'),
      fc.string({ unit: fc.constantFrom('a', '~', 'é') }),
    )
    const headers = fc.dictionary(name, fc.oneof(value, fc.nat(), fc.array(value, { maxLength: 3 })), {
      noNullPrototype: true,
    })
    const step = fc.record({ headers, status: fc.integer({ min: 100, max: 599 }), limit: fc.option(fc.nat(5_000)) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const encoder = new ResponseHeaderEncoder()
        const decoder = new HeaderDecoder(limits)
        for (const { headers, status, limit } of steps) {
          if (limit !== null) encoder.limit(limit)
          const want = Object.entries(headers).flatMap(([name, all]) =>
            (Array.isArray(all) ? all : [all]).map((one) => [name, String(one)]),
          )
          expect(read(decoder, encoder.encode(1, status, headers, false))).toEqual([
            [':status', String(status)],
            ...want,
          ])
        }
      }),
    )
  })

  test('what comes again is a byte, what never does is not remembered', () => {
    const encoder = new ResponseHeaderEncoder()
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }
    encoder.encode(1, 200, headers, false)
    expect(encoder.encode(3, 200, headers, false)).toHaveLength(9 + 1 + 2)
    const withId = (id: string): number => encoder.encode(5, 200, { ...headers, 'audit-id': id }, false).length
    expect(withId('one')).toBe(withId('two'))
    expect(withId('two')).toBe(withId('two'))
  })

  test('a head larger than a frame is continued, and ends the stream with its first one', () => {
    const bytes = new ResponseHeaderEncoder().encode(
      7,
      200,
      { 'set-cookie': Array<string>(40).fill('w'.repeat(1_000)) },
      true,
    )
    const frames = framesOf(bytes)
    expect(frames.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 1],
      [9, 0],
      [9, 4],
    ])
    expect(read(new HeaderDecoder(limits), bytes)).toHaveLength(41)
  })

  test('headers of one connection are left out, values of other characters refused before anything is remembered', () => {
    const encoder = new ResponseHeaderEncoder()
    const decoder = new HeaderDecoder(limits)
    expect(() => encoder.encode(1, 200, { date: 'now', warning: 'a\nb' }, false)).toThrow(TypeError)
    expect(() => encoder.encode(1, 200, { date: 'now', warning: '☃' }, false)).toThrow(TypeError)
    expect(read(decoder, encoder.encode(1, 200, { date: 'now', connection: 'close' }, false))).toEqual([
      [':status', '200'],
      ['date', 'now'],
    ])
    expect(read(decoder, encoder.encode(3, 200, { date: 'now' }, false))[1]).toEqual(['date', 'now'])
  })
})
