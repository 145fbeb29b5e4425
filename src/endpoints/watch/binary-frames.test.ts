import { expect, test } from 'vitest'
import { type KubeObject, structShape } from '../../api/index.js'
import { encodeBody } from '../../codec/index.js'
import { BookmarkEvent } from '../../hub/index.js'
import type { StoredRecord } from '../../store/index.js'
import type { RequestScope } from '../scope.js'
import { binaryEncoding, binaryMetadataEncoding } from './binary-frames.js'

const mediaType = 'application/vnd.kubernetes.protobuf'
const version = { apiVersion: 'v1', kind: 'ConfigMap', shape: structShape('core.v1.ConfigMap') }
const scope = {
  environment: {},
  version,
  registry: {
    parse: (record: StoredRecord) => JSON.parse(record.value.toString()) as KubeObject,
    environment: { normalize: (object: KubeObject) => object },
  },
  show: (object: KubeObject) => object,
} as unknown as RequestScope

const record = (revision: number, data: Record<string, string>): StoredRecord =>
  ({ key: '/a', revision, value: Buffer.from(JSON.stringify(object(revision, data))) }) as StoredRecord

const object = (revision: number, data?: Record<string, string>) => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'a', resourceVersion: String(revision) },
  ...(data === undefined ? {} : { data }),
})

/** The object in a frame, which is its end. */
const holds = (frame: Buffer, value: object): boolean => {
  const bytes = encodeBody(mediaType, value, false)
  return frame.readUInt32BE(0) === frame.length - 4 && frame.subarray(-bytes.length).equals(bytes)
}

test('what left a selection is shown as it was, though it has the revision of what it is now', () => {
  const encoding = binaryEncoding(scope)
  const now = record(5, { a: 'new' })
  const before = record(5, { a: 'old' })
  expect(holds(encoding.object({ type: 'MODIFIED', record: now }), object(5, { a: 'new' }))).toBe(true)
  expect(holds(encoding.object({ type: 'DELETED', record: before }), object(5, { a: 'old' }))).toBe(true)
  expect(holds(encoding.object({ type: 'MODIFIED', record: now }), object(5, { a: 'new' }))).toBe(true)
})

test('bookmarks and errors', () => {
  const encoding = binaryEncoding(scope)
  const metadata = { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } }
  expect(holds(encoding.bookmark(new BookmarkEvent(7, true)), { kind: 'ConfigMap', apiVersion: 'v1', metadata })).toBe(
    true,
  )
  const status = { metadata: {}, status: 'Failure', reason: 'Expired', code: 410 }
  expect(holds(encoding.error(status), { kind: 'Status', apiVersion: 'v1', ...status })).toBe(true)
})

test('metadata alone', () => {
  const encoding = binaryMetadataEncoding(scope, 'v1')
  const { metadata } = object(5)
  const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
  expect(holds(encoding.object({ type: 'ADDED', record: record(5, { a: 'b' }) }), partial)).toBe(true)
})
