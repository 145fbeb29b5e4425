import { describe, expect, test } from 'vitest'
import { ApiError, structShape } from '../../api/index.js'
import type { DecodedBody } from '../decode-body.js'
import { decodeProtobuf, readProtobufBody, readProtobufOptions } from './body.js'
import { encodeProtobuf } from './envelope.js'
import { randomObject, randomOf } from './random-object.js'
import { WireError } from './wire-error.js'

const shape = structShape('core.v1.ConfigMap')
const options = {
  expected: { group: '', version: 'v1', kind: 'ConfigMap' },
  fieldValidation: '',
  target: { shape },
} as const

function refusal(body: Buffer): string {
  try {
    void readProtobufBody(body, options)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    expect(error.status.code).toBe(400)
    return error.status.message ?? ''
  }
  return 'taken'
}

/** An envelope around a ConfigMap's message. */
const configMap = (...raw: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from('k8s\0\n\x0f\n\x02v1\x12\x09ConfigMap\x12', 'latin1'), Buffer.from([raw.length, ...raw])])

describe('bodies that are no messages', () => {
  test.each([
    ['', 'empty data (<empty>)'],
    ['k8', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (6b38)'],
    ['k8s\0', 'empty body (6b387300)'],
    [
      '{"apiVersion":"v1","kind":"ConfigMap"}',
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({"apiVersion":"v1","kind":"Con ...)',
    ],
    ['k8s\0\x12\x05a', 'unexpected EOF (6b387300120561)'],
  ])('%j', (body, why) => {
    expect(refusal(Buffer.from(body, 'latin1'))).toBe(
      `the object provided is unrecognized (must be of type ConfigMap): ${why}`,
    )
  })
})

describe('messages that are none', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x07]
  test.each<[string, readonly number[], string]>([
    ['a length of 2 GB', [0x0a, ...huge], 'unexpected EOF'],
    ['a negative length', [0x0a, ...new Array(9).fill(0xff), 0x01], 'proto: negative length found during unmarshaling'],
    ['a varint without end', [0x0a, ...new Array(11).fill(0xff)], 'proto: integer overflow'],
    ['an end within a tag', [0x80], 'unexpected EOF'],
    ['another wire type', [0x08, 0x01], 'proto: wrong wireType = 0 for field ObjectMeta'],
    ['another wire type of a map', [0x11, 0, 0, 0, 0, 0, 0, 0, 0], 'proto: wrong wireType = 1 for field Data'],
    ['the end of a group', [0x0c], 'proto: ConfigMap: wiretype end group for non-group'],
    ['the end of an unknown group', [0xac, 0x01], 'proto: ConfigMap: wiretype end group for non-group'],
    ['field zero', [0x02, 0x00], 'proto: ConfigMap: illegal tag 0 (wire type 2)'],
    ['a wire type that is none', [0xa6, 0x01, 0x00], 'proto: illegal wireType 6'],
    ['an unknown field that is cut off', [0xa2, 0x01, 0x05, 0x00], 'unexpected EOF'],
    ['a group that does not end', [0xa3, 0x01, 0xa0, 0x01, 0x00], 'unexpected EOF'],
    ['no UTF-8', [0x12, 0x03, 0x0a, 0x01, 0xff], 'proto: string field contains invalid UTF-8'],
    [
      'half of a surrogate pair',
      [0x12, 0x05, 0x0a, 0x03, 0xed, 0xa0, 0x80],
      'proto: string field contains invalid UTF-8',
    ],
    ['an entry longer than its map', [0x12, 0x02, 0x0a, 0x05, 0x61], 'unexpected EOF'],
  ])('%s', (_, raw, why) => {
    expect(refusal(configMap(...raw))).toBe(`ConfigMap in version "v1" cannot be handled as a ConfigMap: ${why}`)
  })
})

test('unknown fields of every wire type are skipped', () => {
  const unknown = [0xa0, 0x01, 0x96, 0x01, 0xa1, 0x01, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 0x01, 0x01, 0x61]
  const more = [0xa5, 0x01, 1, 2, 3, 4, 0xa3, 0x01, 0xab, 0x01, 0x08, 0x01, 0xac, 0x01, 0xa4, 0x01]
  const { object } = readProtobufBody(configMap(...unknown, ...more, 0x0a, 0x00), options) as DecodedBody
  expect(object).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: {} })
})

test('type meta comes from the URL where the envelope has none', () => {
  const { object } = readProtobufBody(Buffer.from('k8s\0\x12\x00', 'latin1'), options) as DecodedBody
  expect(object).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: {} })
})

test.each([
  [
    'Secret',
    'v1',
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  ],
  [
    'Nothing',
    'v1',
    'Nothing in version "v1" cannot be handled as a ConfigMap: no kind "Nothing" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  [
    'ConfigMap',
    'v2',
    'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"',
  ],
])('%s in %s is none', (kind, apiVersion, message) => {
  const meta = Buffer.concat([
    Buffer.from([0x0a, apiVersion.length]),
    Buffer.from(apiVersion),
    Buffer.from([0x12, kind.length]),
    Buffer.from(kind),
  ])
  const body = Buffer.concat([
    Buffer.from('k8s\0\n', 'latin1'),
    Buffer.from([meta.length]),
    meta,
    Buffer.from([0x12, 0]),
  ])
  expect(refusal(body)).toBe(message)
})

test('a key named __proto__ is a key', () => {
  const entry = [0x0a, 9, ...Buffer.from('__proto__'), 0x12, 1, 0x61]
  const { object } = readProtobufBody(configMap(0x12, entry.length, ...entry), options) as DecodedBody
  expect(Object.getOwnPropertyNames(object.data as object)).toEqual(['__proto__'])
})

describe('messages that are there more than once add up', () => {
  const label = (key: number, value: number): number[] => [0x5a, 6, 0x0a, 1, key, 0x12, 1, value]
  const name = [0x0a, 1, 0x78]
  const meta = (...parts: readonly number[]): number[] => [0x0a, parts.length, ...parts]
  const read = (...raw: readonly number[]) =>
    (readProtobufBody(configMap(...raw), options) as DecodedBody).object.metadata
  test.each<[string, number[], unknown]>([
    ['fields', [...meta(...name), ...meta(...label(0x61, 0x62))], { name: 'x', labels: { a: 'b' } }],
    ['three parts', [...meta(...name), ...meta(), ...meta(0x1a, 1, 0x79)], { name: 'x', namespace: 'y' }],
    ['entries of maps', [...meta(...label(0x61, 0x62)), ...meta(...label(0x63, 0x64))], { labels: { a: 'b', c: 'd' } }],
    ['the last value counts', [...meta(...name), ...meta(0x0a, 1, 0x7a)], { name: 'z' }],
    ['items of lists', [...meta(0x72, 1, 0x61), ...meta(0x72, 1, 0x62)], { finalizers: ['a', 'b'] }],
    ['with others between them', [...meta(...name), 0x20, 1, ...meta(0x1a, 1, 0x79)], { name: 'x', namespace: 'y' }],
  ])('%s', (_, raw, want) => expect(read(...raw)).toEqual(want))
  test('as often as one likes, in little time', () => {
    const parts = Buffer.alloc(1_500_000, Buffer.from([0x0a, 0]))
    const length = [(parts.length & 0x7f) | 0x80, ((parts.length >> 7) & 0x7f) | 0x80, parts.length >> 14]
    const head = Buffer.from('k8s\0\n\x0f\n\x02v1\x12\x09ConfigMap\x12', 'latin1')
    const body = Buffer.concat([head, Buffer.from(length), parts])
    const began = performance.now()
    expect((readProtobufBody(body, options) as DecodedBody).object.metadata).toEqual({})
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

test('messages nest only so deep', () => {
  // A schema's `not` is field 28: 0xe2 0x01.
  let schema: Buffer = Buffer.alloc(0)
  const nested = (inner: Buffer): Buffer => {
    const length = [(inner.length & 0x7f) | 0x80, ((inner.length >> 7) & 0x7f) | 0x80, inner.length >> 14]
    return Buffer.concat([Buffer.from([0xe2, 0x01, ...length]), inner])
  }
  for (let i = 0; i < 10_000; i++) schema = nested(schema)
  expect(() => decodeProtobuf(crd(schema))).toThrow(/nested more than/)
})

/** A CustomResourceDefinition with a schema: spec.validation of v1beta1. */
function crd(schema: Buffer): Buffer {
  const field = (number: number, bytes: Buffer): Buffer => {
    const length = [(bytes.length & 0x7f) | 0x80, ((bytes.length >> 7) & 0x7f) | 0x80, bytes.length >> 14]
    return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), bytes])
  }
  const meta = Buffer.from('\n\x1capiextensions.k8s.io/v1beta1', 'latin1')
  const type = Buffer.concat([meta, Buffer.from('\x12\x18CustomResourceDefinition', 'latin1')])
  return Buffer.concat([Buffer.from('k8s\0', 'latin1'), field(1, type), field(2, field(2, field(5, field(1, schema))))])
}

describe('DeleteOptions', () => {
  const deleteOptions = structShape('meta.v1.DeleteOptions')
  test('of any version', () => {
    const body = encodeProtobuf({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 5,
      preconditions: { uid: 'x' },
      propagationPolicy: 'Foreground',
    })
    expect(readProtobufOptions(body, deleteOptions)).toMatchObject({
      gracePeriodSeconds: 5,
      preconditions: { uid: 'x' },
      propagationPolicy: 'Foreground',
    })
  })
  test('are nothing else', () => {
    const body = encodeProtobuf({ kind: 'ConfigMap', apiVersion: 'v1', metadata: {} })
    expect(() => readProtobufOptions(body, deleteOptions)).toThrow(/no kind "ConfigMap" is registered for version "v1"/)
    for (const version of ['', 'a/b/c']) {
      const text = Buffer.from(
        `k8s\0\n${String.fromCharCode(version.length + 8)}\n${String.fromCharCode(version.length)}${version}\x12\x04Nope\x12\x00`,
      )
      expect(() => readProtobufOptions(text, deleteOptions)).toThrow(
        /no kind "Nope" is registered for version "meta.k8s.io\/v1"/,
      )
    }
  })
})

test('Tables have no form', () => {
  expect(() => encodeProtobuf({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', rows: [] })).toThrow(
    'object *v1.Table does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
  )
})

// Nightly runs ask for a million.
const inputs = Number(process.env.KATS_FUZZ_INPUTS ?? 20_000)

test(`${inputs} damaged messages are read or refused, and nothing else`, { timeout: 600_000 }, () => {
  const random = randomOf(Number(process.env.KATS_FUZZ_SEED ?? 1))
  const kinds = ['Pod', 'ConfigMap', 'Secret', 'Service', 'Node', 'Event', 'Status'].map((kind) => ({
    kind,
    shape: structShape(kind === 'Status' ? 'meta.v1.Status' : `core.v1.${kind}`),
  }))
  const seeds = kinds.flatMap(({ kind, shape }) =>
    Array.from({ length: 5 }, () => encodeProtobuf({ ...randomObject(shape, random, 3), kind, apiVersion: 'v1' })),
  )
  let refused = 0
  for (let i = 0; i < inputs; i++) {
    const bytes = damaged(seeds[i % seeds.length]!, random)
    try {
      decodeProtobuf(bytes)
    } catch (error) {
      if (!(error instanceof WireError)) throw new Error(`${bytes.toString('base64')}: ${(error as Error).stack}`)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(inputs / 10)
  expect(refused).toBeLessThan(inputs)
})

function damaged(bytes: Buffer, random: () => number): Buffer {
  const at = (): number => Math.floor(random() * bytes.length)
  const copy = Buffer.from(bytes)
  for (let n = 1 + Math.floor(random() * 3); n > 0; n--) copy[at()] = Math.floor(random() * 256)
  const choice = random()
  if (choice < 0.2) return copy.subarray(0, at())
  if (choice < 0.3) return Buffer.concat([copy.subarray(0, at()), copy.subarray(at())])
  if (choice < 0.35)
    return Buffer.concat([
      Buffer.from('k8s\0', 'latin1'),
      Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256))),
    ])
  return copy
}
