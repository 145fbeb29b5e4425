import { expect, test } from 'vitest'
import { type KubeObject, structShape } from '../../api/index.js'
import { encodeBody } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import type { ListPage } from '../../registry/index.js'
import type { StoredRecord } from '../../store/index.js'
import type { RequestScope } from '../scope.js'
import { Turnstile } from '../turnstile.js'
import { writeBinaryList } from './binary-list.js'

const mediaType = 'application/vnd.kubernetes.protobuf'

/** Lists `count` ConfigMaps of about `size` bytes; gives the bytes that were sent and how often an object was parsed. */
async function listed(count: number, size: number) {
  const objects = Array.from({ length: count }, (_, i) => ({
    metadata: { name: `m${i}` },
    data: { k: 'x'.repeat(size) },
  }))
  let parsed = 0
  const scope = {
    environment: { turns: new Turnstile() },
    version: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      listKind: 'ConfigMapList',
      shape: structShape('core.v1.ConfigMap'),
    },
    registry: {
      parse: (record: StoredRecord) => {
        parsed++
        return objects[record.revision] as unknown as KubeObject
      },
    },
    show: (object: KubeObject) => object,
  } as unknown as RequestScope
  const sent: Buffer[] = []
  const context = {
    signal: new AbortController().signal,
    exchange: {
      send: (_: number, __: string, body: Buffer) => sent.push(body),
      stream: () => ({ write: (chunk: Buffer) => sent.push(chunk) % 3 !== 0, drained: async () => {}, end: () => {} }),
    },
  } as unknown as RequestContext
  const records = objects.map((_, revision) => ({ key: `/m${revision}`, revision }) as StoredRecord)
  await writeBinaryList(scope, context, { revision: 9, records } as ListPage, { resourceVersion: '9' })
  const whole = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '9' }, items: objects }
  return { sent, parsed, same: Buffer.concat(sent).equals(encodeBody(mediaType, whole, false)) }
}

test.each([
  [0, 0, 1],
  [3, 100, 1],
])('%i objects of %i bytes go out at once', async (count, size, pieces) => {
  const { sent, parsed, same } = await listed(count, size)
  expect({ pieces: sent.length, parsed, same }).toEqual({ pieces, parsed: count, same: true })
})

test('a longer list goes out in slices, each object made once', async () => {
  const { sent, parsed, same } = await listed(300, 10_000)
  expect(same).toBe(true)
  expect(sent.length).toBeGreaterThan(4)
  expect(parsed).toBe(300)
})

test('a list beyond what is held and kept is made twice, and is the same', async () => {
  const { parsed, same } = await listed(90, 600_000)
  expect(same).toBe(true)
  expect(parsed).toBeGreaterThan(90)
})
