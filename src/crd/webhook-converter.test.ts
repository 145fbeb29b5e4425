import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { webhookConverter } from './webhook-converter.js'

const versions = new Set(['g.test/v1', 'g.test/v2'])
const object = (name: string, apiVersion = 'g.test/v1'): KubeObject => ({
  apiVersion,
  kind: 'Thing',
  metadata: { name, uid: `uid-${name}`, labels: { a: 'b' } },
  spec: { a: 1 },
})

interface Review {
  readonly request: {
    readonly uid: string
    readonly desiredAPIVersion: string
    readonly objects: readonly KubeObject[]
  }
}

/** A webhook that changes the version, and whatever a test wants beside. */
const answering =
  (change: (response: Record<string, unknown>, objects: KubeObject[]) => void = () => {}) =>
  (body: Buffer): Promise<Buffer> => {
    const { request } = JSON.parse(body.toString()) as Review
    const convertedObjects = request.objects.map((each) => ({
      ...each,
      apiVersion: request.desiredAPIVersion,
      converted: true,
    }))
    const response: Record<string, unknown> = { uid: request.uid, result: { status: 'Success' }, convertedObjects }
    change(response, convertedObjects)
    const review = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response }
    return Promise.resolve(Buffer.from(JSON.stringify(review)))
  }

test('all that have another version go in one review, the others stay', async () => {
  const asked: number[] = []
  const { convertAll } = webhookConverter(versions, ['v1'], (body) => {
    asked.push((JSON.parse(body.toString()) as Review).request.objects.length)
    return answering()(body)
  })
  const converted = await convertAll([object('a'), object('b', 'g.test/v2'), object('c')], 'g.test/v2')
  expect(converted.map(({ apiVersion, metadata, converted: changed }) => [apiVersion, metadata.name, changed])).toEqual(
    [
      ['g.test/v2', 'a', true],
      ['g.test/v2', 'b', undefined],
      ['g.test/v2', 'c', true],
    ],
  )
  expect(asked).toEqual([2])
})

test('labels and annotations may change, nothing else of metadata', async () => {
  const { convertAll } = webhookConverter(
    versions,
    ['v1'],
    answering((_, [first]) => {
      first!.metadata = { ...first!.metadata, labels: { c: 'd' }, generation: 77 }
    }),
  )
  const [converted] = await convertAll([object('a')], 'g.test/v2')
  expect(converted?.metadata).toEqual({ name: 'a', uid: 'uid-a', labels: { c: 'd' } })
})

describe('answers that are no good', () => {
  const rows: [change: Parameters<typeof answering>[0], want: string][] = [
    [(r) => (r.uid = 'other'), 'failed: expected response.uid='],
    [(r) => (r.result = { status: 'Failure', message: 'no way' }), 'failed: no way'],
    [(r) => (r.result = {}), "failed: response.result.status was '', not 'Success'"],
    [(r) => (r.convertedObjects = []), 'returned 0 objects, expected 1'],
    [(_, [o]) => (o!.apiVersion = 'g.test/v1'), 'invalid groupVersion (expected g.test/v2, received g.test/v1)'],
    [(_, [o]) => (o!.kind = 'Other'), 'invalid kind (expected Thing, received Other)'],
    [(_, [o]) => (o!.metadata = { ...o!.metadata, name: 'x' }), 'must have the same name: a != x'],
    [(_, [o]) => (o!.metadata = { ...o!.metadata, labels: { 'a b': 'c' } }), 'metadata.labels: Invalid value: "a b"'],
    [
      (r) => (r.convertedObjects = ['text']),
      'json: cannot unmarshal string into Go value of type map[string]interface {}',
    ],
    [(r) => (r.convertedObjects = [null]), 'unexpected end of JSON input'],
    [(r) => (r.convertedObjects = [{ a: 1 }]), `Object 'Kind' is missing in '{"a":1}'`],
    [(_, [o]) => delete (o as Partial<KubeObject>).apiVersion, 'invalid groupVersion (expected g.test/v2, received )'],
    [(_, [o]) => delete (o as Partial<KubeObject>).metadata, 'returned invalid object: must have the same name: a != '],
    [
      (_, [o]) => Object.assign(o!.metadata, { labels: { a: 1 } }),
      'returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object',
    ],
    [
      (_, [o]) => Object.assign(o!.metadata, { annotations: ['x'] }),
      'returned invalid metadata: invalid metadata.annotations of type []interface {} in converted object',
    ],
  ]
  for (const [change, want] of rows)
    test(want, async () => {
      const { convertAll } = webhookConverter(versions, ['v1'], answering(change))
      await expect(convertAll([object('a')], 'g.test/v2')).rejects.toThrow(want)
    })
  test('versions that the kind does not have', async () => {
    const { convertAll } = webhookConverter(versions, ['v1'], answering())
    await expect(convertAll([object('a', 'g.test/v0')], 'g.test/v2')).rejects.toThrow(
      'request to convert CR from an invalid group/version: g.test/v0',
    )
  })
})
