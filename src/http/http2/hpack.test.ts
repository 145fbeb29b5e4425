import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HeaderField } from './header-table.js'
import { HeaderBlockError, HeaderDecoder, HeaderEncoder } from './hpack.js'

const limits = { fields: 512, bytes: 1 << 16 }

import { decodeHuffman } from './huffman.js'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const plain = ({ name, value }: HeaderField): HeaderField => ({ name, value })
const fields = (...all: [string, string][]) => all.map(([name, value]) => ({ name, value }))

describe('header blocks', () => {
  test('the responses of RFC 7541, C.6 (Huffman, one table for all, evictions) and the requests of C.4', () => {
    const decoder = new HeaderDecoder(limits)
    // C.6 has a table of 256 bytes.
    expect(
      decoder
        .decode(
          hex(
            '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
          ),
        )
        .map(plain),
    ).toEqual(
      fields(
        [':status', '302'],
        ['cache-control', 'private'],
        ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
        ['location', 'https://www.example.com'],
      ),
    )
    expect(decoder.decode(hex('4883 640e ff c1 c0 bf')).map(plain)).toEqual(
      fields(
        [':status', '307'],
        ['cache-control', 'private'],
        ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
        ['location', 'https://www.example.com'],
      ),
    )
    const requests = new HeaderDecoder(limits)
    const first: [string, string][] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ]
    expect(requests.decode(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')).map(plain)).toEqual(fields(...first))
    expect(requests.decode(hex('8286 84be 5886 a8eb 1064 9cbf')).map(plain)).toEqual(
      fields(...first, ['cache-control', 'no-cache']),
    )
  })

  const name = fc.constantFrom(':path', 'te', 'grpc-status', 'x', 'content-type', 'custom-key')
  const field = fc.record({ name, value: fc.string({ unit: 'binary-ascii', maxLength: 300 }) })

  test('what is written is read, whatever the other side is ready to remember', () => {
    const block = fc.array(field, { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(fc.tuple(block, fc.option(fc.nat(5_000))), { maxLength: 20 }), (steps) => {
        const encoder = new HeaderEncoder()
        const decoder = new HeaderDecoder(limits)
        for (const [list, limit] of steps) {
          if (limit !== null) encoder.limit(limit)
          expect(decoder.decode(encoder.encode(list)).map(plain)).toEqual(list)
          expect(decoder.decode(encoder.encode(list)).map(plain)).toEqual(list)
        }
      }),
    )
  })

  test('a list that comes again is a byte a field', () => {
    const encoder = new HeaderEncoder()
    const list = fields([':method', 'POST'], [':path', '/etcdserverpb.KV/Txn'], ['te', 'trailers'])
    encoder.encode(list)
    expect(encoder.encode(list)).toHaveLength(3)
    expect(encoder.encode(list)).toBe(encoder.encode(list))
  })

  test('bytes that are no block are refused in one way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new HeaderDecoder(limits).decode(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(HeaderBlockError)
        }
      }),
    )
  })

  test.each([
    ['an index without a field', 'be'],
    ['index 0', '80'],
    ['an integer that never ends', 'ffffffffffffff'],
    ['a text that is longer than the block', '0003 6162'],
    ['a table larger than was agreed', '3fe23f'],
    ['a size that comes late', '823fe101'],
  ])('%s', (_, block) => {
    expect(() => new HeaderDecoder(limits).decode(hex(block))).toThrow(HeaderBlockError)
  })
})

test('padding of a Huffman code is ones, and less than a byte', () => {
  expect(decodeHuffman(hex('1f'))?.toString()).toBe('a')
  expect(decodeHuffman(hex('18'))).toBeUndefined()
  expect(decodeHuffman(hex('1fff'))).toBeUndefined()
  expect(decodeHuffman(hex('ffffffff'))).toBeUndefined()
})
