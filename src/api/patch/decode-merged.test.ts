import { describe, expect, test } from 'vitest'
import { structShape } from '../shapes.js'
import { decodeMerged } from './decode-merged.js'

const pod = (spec: object): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec })
const decode = (value: object) => decodeMerged(value, structShape('core.v1.Pod'))

describe('numbers wrap around as they do in Go', () => {
  const seconds: [number | bigint, number | bigint][] = [
    [30, 30],
    [2 ** 40, 2 ** 40],
    [1e30, -(2n ** 63n)],
    [-1e30, -(2n ** 63n)],
    [2n ** 64n, -(2n ** 63n)],
  ]
  for (const [given, want] of seconds)
    test(`int64 ${given}`, () =>
      expect(decode(pod({ terminationGracePeriodSeconds: given })).spec?.terminationGracePeriodSeconds).toBe(want))

  const priorities: [number, number][] = [
    [5, 5],
    [3_000_000_000, 3_000_000_000 - 2 ** 32],
    [2 ** 32, 0],
    [1e30, 0],
  ]
  for (const [given, want] of priorities)
    test(`int32 ${given}`, () => expect(decode(pod({ priority: given })).spec?.priority).toBe(want))
})

describe('what does not convert', () => {
  const container = (fields: object): object => pod({ containers: [{ name: 'a', ...fields }] })
  const cases: [object, string][] = [
    [pod({ terminationGracePeriodSeconds: 1.5 }), 'cannot convert float64 to int64'],
    [pod({ terminationGracePeriodSeconds: '1' }), 'unrecognized type: int64'],
    [pod({ hostNetwork: 'yes' }), 'unrecognized type: bool'],
    [pod({ nodeName: true }), 'unrecognized type: string'],
    [pod({ nodeName: 5 }), 'cannot convert int64 to string'],
    [container({ imagePullPolicy: 5 }), 'cannot convert int64 to v1.PullPolicy'],
    [pod({ containers: {} }), 'cannot restore slice from map'],
    [pod({ nodeSelector: [] }), 'cannot restore map from slice'],
    [{ ...pod({}), spec: 'x' }, 'cannot restore struct from: string'],
    [
      container({ resources: { limits: { cpu: 'x' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ]
  for (const [value, want] of cases) test(want, () => expect(() => decode(value)).toThrow(want))

  test('base64', () =>
    expect(() => decodeMerged({ data: { a: 'not base64!' } }, structShape('core.v1.Secret'))).toThrow(
      'error decoding from json: illegal base64 data at input byte 3',
    ))
})

test('free-form values have been maps: their keys come in order', () => {
  const data = { z: 1, a: [{ y: null, b: 2 }], __proto__: {} }
  const revision = decodeMerged({ data, revision: 1 }, structShape('apps.v1.ControllerRevision'))
  expect(JSON.stringify(revision.data)).toBe('{"a":[{"b":2,"y":null}],"z":1}')
  const sorted = { a: [{ b: 2 }], c: null }
  expect(decodeMerged({ data: sorted }, structShape('apps.v1.ControllerRevision')).data).toBe(sorted)
})

test('keys that objects inherit are kept where numbers wrap', () => {
  const labels = JSON.parse('{"__proto__":"x"}')
  const value = { ...pod({ priority: 2 ** 32 }), metadata: { name: 'one', labels } }
  expect(Object.keys(decode(value).metadata.labels ?? {})).toEqual(['__proto__'])
})
