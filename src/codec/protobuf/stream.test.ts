import { describe, expect, test } from 'vitest'
import { decodeProtobuf } from './body.js'
import { encodeMessage, encodeProtobuf } from './envelope.js'
import { listEnds, listItemHead, watchFrame } from './stream.js'

const map = { metadata: { name: 'a' }, data: { k: 'v' } }

test('a list written item by item is the list written at once', () => {
  const items = [map, { ...map, data: { long: 'x'.repeat(70_000) } }, map]
  const metadata = { resourceVersion: '7', continue: 'token', remainingItemCount: 300 }
  const parts = items.flatMap((item) => {
    const message = encodeMessage('core.v1.ConfigMap', item)
    return [listItemHead(message.length), message]
  })
  const type = { apiVersion: 'v1', kind: 'ConfigMapList' }
  const { head, tail } = listEnds(type, metadata, Buffer.concat(parts).length)
  expect(Buffer.concat([head, ...parts, tail]).equals(encodeProtobuf({ ...type, metadata, items }))).toBe(true)
})

test('an empty list', () => {
  const type = { apiVersion: 'v1', kind: 'ConfigMapList' }
  const { head, tail } = listEnds(type, { resourceVersion: '7' }, 0)
  expect(decodeProtobuf(Buffer.concat([head, tail]))).toEqual({
    ...type,
    metadata: { resourceVersion: '7' },
    items: null,
  })
})

test('an event is its length, its type and the object in an envelope', () => {
  const type = { apiVersion: 'v1', kind: 'ConfigMap' }
  const frame = watchFrame('ADDED', type, encodeMessage('core.v1.ConfigMap', map))
  const object = encodeProtobuf({ ...type, ...map })
  expect(frame.readUInt32BE(0)).toBe(frame.length - 4)
  expect(frame.subarray(4, 11).toString('latin1')).toBe('\n\x05ADDED')
  expect(frame.subarray(-object.length).equals(object)).toBe(true)
  expect([...frame.subarray(11, frame.length - object.length)]).toEqual([0x12, object.length + 2, 0x0a, object.length])
})

describe('a Status', () => {
  // The bytes that kube-apiserver 1.36 sends.
  const text =
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf'
  const status = { metadata: {}, status: 'Failure', message: text, reason: 'NotAcceptable', code: 406 }
  test('is written byte for byte', () => {
    const bytes = encodeProtobuf({ kind: 'Status', apiVersion: 'v1', ...status })
    expect(bytes.toString('latin1')).toBe(
      `k8s\0\n\x0c\n\x02v1\x12\x06Status\x12\x99\x01\n\x06\n\0\x12\0\x1a\0\x12\x07Failure\x1a\x74${text}"\rNotAcceptable0\x96\x03\x1a\0"\0`,
    )
    expect(decodeProtobuf(bytes)).toEqual({ kind: 'Status', apiVersion: 'v1', ...status })
  })
})
