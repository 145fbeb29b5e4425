import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../errors.js'
import { equalJson } from '../object.js'
import { kindShape } from '../shapes.js'
import type { Json, JsonObject } from './json.js'
import { applyMergePatch } from './merge-patch.js'
import { applyStrategicMergePatch } from './strategic-merge.js'

const deployment = kindShape('apps', 'v1', 'Deployment')!
const service = kindShape('', 'v1', 'Service')!
const configMap = kindShape('', 'v1', 'ConfigMap')!

const one: JsonObject = {
  metadata: {
    name: 'one',
    labels: { a: '1', b: '2' },
    finalizers: ['a.b/c'],
    ownerReferences: [
      { uid: 'u-1', name: 'x', kind: 'Pod', apiVersion: 'v1' },
      { uid: 'u-2', name: 'y', kind: 'Pod', apiVersion: 'v1' },
    ],
  },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'one' } },
    template: {
      spec: {
        volumes: [
          { name: 'v1', emptyDir: {} },
          { name: 'v2', configMap: { name: 'c' } },
        ],
        containers: [
          {
            name: 'main',
            image: 'img:1',
            args: ['a', 'b'],
            ports: [
              { name: 'web', containerPort: 80, protocol: 'TCP' },
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
            ],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
          { name: 'side', image: 'side:1' },
        ],
        tolerations: [{ key: 't', operator: 'Exists' }],
        imagePullSecrets: [{ name: 's1' }, { name: 's2' }],
        nodeSelector: { n: '1' },
      },
    },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
  },
}

const inPod = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } })
const inMain = (container: JsonObject) => inPod({ containers: [{ name: 'main', ...container }] })

const at = (object: Json, path: string): Json | undefined =>
  path.split('.').reduce<Json | undefined>((value, key) => (value as JsonObject | undefined)?.[key], object)
const names = (value: Json | undefined) => (value as JsonObject[]).map((item) => item.name)
const pod = 'spec.template.spec'
const main = `${pod}.containers.0`

/** What the patch is about, the patch, where to look, what is there. */
const cases: [string, JsonObject, string, Json | undefined][] = [
  ['a container by name', inMain({ image: 'img:2' }), `${main}.image`, 'img:2'],
  ['the rest of the list stays', inMain({ image: 'img:2' }), `${pod}.containers.1.name`, 'side'],
  ['the rest of the item stays', inMain({ image: 'img:2' }), `${main}.args`, ['a', 'b']],
  [
    'replacing a list',
    inPod({ containers: [{ $patch: 'replace' }, { name: 'x' }] }),
    `${pod}.containers`,
    [{ name: 'x' }],
  ],
  ['an item that carries replace is itself dropped', inMain({ $patch: 'replace' }), `${pod}.containers`, []],
  ['an empty list changes nothing', inPod({ containers: [] }), `${main}.image`, 'img:1'],
  ['null removes a list', inPod({ containers: null }), `${pod}.containers`, undefined],
  [
    'the second of two patches for one item wins',
    inPod({
      containers: [
        { name: 'main', image: 'p' },
        { name: 'main', image: 'q' },
      ],
    }),
    `${main}.image`,
    'q',
  ],
  ['null in an item', inMain({ image: null }), `${main}.image`, undefined],
  [
    'one member instead of another',
    inMain({ env: [{ name: 'A', value: null, valueFrom: { fieldRef: { fieldPath: 'x' } } }] }),
    `${main}.env.0`,
    { name: 'A', valueFrom: { fieldRef: { fieldPath: 'x' } } },
  ],
  [
    'numbers as merge keys; what is new goes before what only the server has',
    inMain({ ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] }),
    `${main}.ports`,
    [
      { name: 'http', containerPort: 80, protocol: 'TCP' },
      { containerPort: 81 },
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
    ],
  ],
  ['deleting by a number', inMain({ ports: [{ containerPort: 53, $patch: 'delete' }] }), `${main}.ports.1`, undefined],
  ['atomic lists of scalars', inMain({ args: ['z'] }), `${main}.args`, ['z']],
  [
    'atomic lists of objects',
    inPod({ tolerations: [{ key: 'z', operator: 'Exists' }] }),
    `${pod}.tolerations`,
    [{ key: 'z', operator: 'Exists' }],
  ],
  [
    'adding and deleting at once',
    inPod({ imagePullSecrets: [{ name: 's3' }, { name: 's1', $patch: 'delete' }] }),
    `${pod}.imagePullSecrets`,
    [{ name: 's3' }, { name: 's2' }],
  ],
  [
    'retainKeys in an item',
    inPod({ volumes: [{ name: 'v1', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] }),
    `${pod}.volumes.0`,
    { name: 'v1', hostPath: { path: '/x' } },
  ],
  [
    'retainKeys in an object',
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    'spec.strategy',
    { type: 'Recreate' },
  ],
  [
    'without retainKeys',
    { spec: { strategy: { type: 'Recreate' } } },
    'spec.strategy',
    { type: 'Recreate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
  ],
  ['a map merges', { metadata: { labels: { a: null, c: '3' } } }, 'metadata.labels', { b: '2', c: '3' }],
  ['a map is replaced', { metadata: { labels: { $patch: 'replace', z: '1' } } }, 'metadata.labels', { z: '1' }],
  ['a map is emptied', { metadata: { labels: { $patch: 'delete' } } }, 'metadata.labels', {}],
  [
    'deletion of what is not there',
    { metadata: { annotations: { $patch: 'delete' } } },
    'metadata.annotations',
    undefined,
  ],
  [
    'nulls of something new are left out',
    { metadata: { annotations: { a: null, b: '1' } } },
    'metadata.annotations',
    { b: '1' },
  ],
  [
    'an object is replaced',
    { spec: { template: { spec: { $patch: 'replace', containers: [{ name: 'f' }] } } } },
    pod,
    { containers: [{ name: 'f' }] },
  ],
  [
    'lists of scalars merge',
    { metadata: { finalizers: ['x.y/z', 'a.b/c'] } },
    'metadata.finalizers',
    ['x.y/z', 'a.b/c'],
  ],
  ['deleting from it', { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.b/c'] } }, 'metadata.finalizers', []],
  ['deleting from a missing one', { spec: { '$deleteFromPrimitiveList/nope': ['x'] } }, 'spec.nope', undefined],
  [
    'deleting an owner',
    { metadata: { ownerReferences: [{ $patch: 'delete', uid: 'u-1' }] } },
    'metadata.ownerReferences',
    [{ uid: 'u-2', name: 'y', kind: 'Pod', apiVersion: 'v1' }],
  ],
  ['another type takes the place', { spec: [] }, 'spec', []],
  ['unknown fields are taken over', { spec: { foo: { bar: 1 } } }, 'spec.foo', { bar: 1 }],
  ['scalars', { spec: { replicas: 3 } }, 'spec.replicas', 3],
]

describe('applyStrategicMergePatch', () => {
  for (const [title, patch, path, result] of cases) {
    test(title, () => {
      const before = structuredClone([one, patch])
      expect(at(applyStrategicMergePatch(one, patch, deployment), path)).toEqual(result)
      expect([one, patch]).toEqual(before)
    })
  }

  const orders: [string, JsonObject, string[]][] = [
    ['a new item comes first', { containers: [{ name: 'new' }] }, ['new', 'main', 'side']],
    ['the patch orders what it names', { containers: [{ name: 'side' }, { name: 'main' }] }, ['side', 'main']],
    [
      'what only the server has keeps its place',
      { containers: [{ name: 'side' }, { name: 'new' }] },
      ['main', 'side', 'new'],
    ],
    ['deleted', { containers: [{ name: 'main', $patch: 'delete' }] }, ['side']],
    ['deleting what is not there', { containers: [{ name: 'nobody', $patch: 'delete' }] }, ['main', 'side']],
    [
      '$setElementOrder with a list',
      {
        '$setElementOrder/containers': [{ name: 'new' }, { name: 'side' }, { name: 'main' }],
        containers: [{ name: 'new' }],
      },
      ['new', 'side', 'main'],
    ],
    [
      '$setElementOrder alone',
      { '$setElementOrder/containers': [{ name: 'side' }, { name: 'main' }] },
      ['side', 'main'],
    ],
    ['$setElementOrder of some', { '$setElementOrder/containers': [{ name: 'side' }] }, ['main', 'side']],
    [
      '$setElementOrder with a deletion',
      {
        '$setElementOrder/containers': [{ name: 'x' }, { name: 'side' }],
        containers: [{ name: 'x' }, { name: 'main', $patch: 'delete' }],
      },
      ['x', 'side'],
    ],
  ]
  for (const [title, patch, result] of orders) {
    test(`order: ${title}`, () => {
      expect(names(at(applyStrategicMergePatch(one, inPod(patch), deployment), `${pod}.containers`))).toEqual(result)
    })
  }

  test('order of scalars, and of a list that was not there', () => {
    const order = { '$setElementOrder/finalizers': ['x/x', 'a.b/c'], finalizers: ['x/x'] }
    expect(at(applyStrategicMergePatch(one, { metadata: order }, deployment), 'metadata.finalizers')).toEqual([
      'x/x',
      'a.b/c',
    ])
    const init = { '$setElementOrder/initContainers': [{ name: 'a' }], initContainers: [{ name: 'a' }] }
    expect(at(applyStrategicMergePatch(one, inPod(init), deployment), `${pod}.initContainers`)).toEqual([{ name: 'a' }])
  })

  test('ports of a service', () => {
    const document = {
      spec: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81 },
        ],
      },
    }
    const ports = (patch: JsonObject) => at(applyStrategicMergePatch(document, { spec: patch }, service), 'spec.ports')
    expect(ports({ ports: [{ port: 82, name: 'c' }] })).toEqual([
      { port: 82, name: 'c' },
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ])
    expect(ports({ '$setElementOrder/ports': [{ port: 81 }, { port: 80 }] })).toEqual([
      { name: 'b', port: 81 },
      { name: 'a', port: 80 },
    ])
  })

  const refusals: [Json, number, string][] = [
    [[], 400, 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    ['x', 400, 'json: cannot unmarshal string into Go value of type map[string]interface {}'],
    [inPod({ containers: [{ image: 'x' }] }), 500, 'map: map[image:x] does not contain declared merge key: name'],
    [
      inPod({ containers: [{ $patch: 'delete' }] }),
      500,
      'map: map[$patch:delete] does not contain declared merge key: name',
    ],
    [inMain({ $patch: 'merge' }), 500, 'merging lists cannot yet be specified in the patch'],
    [inMain({ $patch: 'explode' }), 500, 'unknown patch type: explode in map: map[$patch:explode name:main]'],
    [{ metadata: { $patch: 1e20 } }, 500, 'unknown patch type: %!s(float64=1e+20) in map: map[$patch:1e+20]'],
    [{ metadata: { $patch: true } }, 500, 'unknown patch type: %!s(bool=true) in map: map[$patch:true]'],
    [{ metadata: { labels: { $patch: 'explode' } } }, 500, 'unknown patch type: explode in map: map[$patch:explode]'],
    [
      { spec: { strategy: { $retainKeys: ['type'], rollingUpdate: { maxSurge: 1 } } } },
      400,
      'invalid patch format of retainKeys',
    ],
    [{ spec: { strategy: { $retainKeys: 'type' } } }, 400, 'invalid patch format of retainKeys'],
    [{ metadata: { $deleteFromPrimitiveList: [] } }, 400, 'invalid patch format of primitive list'],
    [{ metadata: { $setElementOrder: [] } }, 400, 'invalid patch format of setElementOrder list'],
    [{ metadata: { '$setElementOrder/finalizers': 'x' } }, 500, 'expected a []interface {}, but received a string'],
    [
      inPod({ '$setElementOrder/containers': [{ name: 'side' }], containers: [{ name: 'new', image: 'n' }] }),
      500,
      "The order in patch list:\n[map[image:n name:new]]\n doesn't match $setElementOrder list:\n[map[name:side]]\n",
    ],
    [
      { metadata: { '$setElementOrder/finalizers': ['a.b/d', 'a.b/c'], finalizers: ['a.b/c', 'a.b/d'] } },
      500,
      "The order in patch list:\n[a.b/c a.b/d]\n doesn't match $setElementOrder list:\n[a.b/d a.b/c]\n",
    ],
    [{ metadata: { finalizers: [null] } }, 500, 'list element types are not identical: [[a.b/c] [<nil>]]'],
    [
      { metadata: { '$setElementOrder/nothing': [], nothing: [] } },
      500,
      'unable to find api field in struct ObjectMeta for the json field "nothing"',
    ],
  ]
  for (const [patch, code, message] of refusals) {
    test(`${JSON.stringify(patch)} is refused`, () => {
      let error: unknown
      try {
        applyStrategicMergePatch(one, patch, deployment)
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(ApiError)
      expect([(error as ApiError).code, (error as ApiError).message]).toEqual([code, message])
      if (code === 500) expect((error as ApiError).status).not.toHaveProperty('reason')
    })
  }

  test('null is an empty patch', () => expect(applyStrategicMergePatch(one, null, deployment)).toEqual(one))

  test('lists of lists are 422', () => {
    expect(() =>
      applyStrategicMergePatch({ metadata: { finalizers: [] } }, { metadata: { finalizers: [[]] } }, configMap),
    ).toThrowError('the server rejected our request due to an error in our request')
  })

  test('a thousand new items take no time', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => ({ name: `e${i}` }))
    const start = performance.now()
    const result = applyStrategicMergePatch(one, inMain({ env: many }), deployment)
    expect(at(result, `${main}.env.50001`)).toEqual({ name: 'B', value: '2' })
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  const scalar = fc.constantFrom<Json>('x', '', 1, true, null)
  const key = fc.constantFrom('a', 'b', 'name', '__proto__', 'constructor')
  const body = fc.record(
    {
      data: fc.dictionary(key, scalar, { noNullPrototype: true }),
      immutable: scalar,
      metadata: fc.record(
        {
          name: scalar,
          labels: fc.dictionary(key, scalar, { noNullPrototype: true }),
          annotations: fc.oneof(scalar, fc.dictionary(key, scalar, { noNullPrototype: true })),
        },
        { requiredKeys: [], noNullPrototype: true },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  ) as fc.Arbitrary<JsonObject>

  test('without lists and directives it is a merge patch', () => {
    fc.assert(
      fc.property(body, body, (document, patch) => {
        const strategic = applyStrategicMergePatch(document, patch, configMap)
        expect(equalJson(strategic, applyMergePatch(document, patch))).toBe(true)
      }),
    )
  })

  test('$setElementOrder and deletions lead from any list to any other', () => {
    const list = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 })
    fc.assert(
      fc.property(list, list, (from, to) => {
        const patch = {
          '$setElementOrder/containers': to.map((name) => ({ name })),
          containers: [
            ...to.filter((name) => !from.includes(name)).map((name) => ({ name })),
            ...from.filter((name) => !to.includes(name)).map((name) => ({ name, $patch: 'delete' })),
          ],
        }
        const document = inPod({ containers: from.map((name) => ({ name })) })
        const result = applyStrategicMergePatch(document, inPod(patch), deployment)
        expect(names(at(result, `${pod}.containers`))).toEqual(to)
      }),
    )
  })
})
