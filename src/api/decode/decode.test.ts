import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { factsIndex } from '../facts.js'
import { JsonNumber } from '../json-number.js'
import { type FieldShape, kindShape, type Shape, type StructShape, structShape } from '../shapes.js'
import { decode, reportDuplicates } from './decode.js'
import { normalizeStored } from './normalize.js'
import { StrictErrors } from './report.js'
import { storedForm } from './stored-form.js'

const pod = structShape('core.v1.Pod')
const deployment = structShape('apps.v1.Deployment')
const configMap = structShape('core.v1.ConfigMap')

describe('what Go would write', () => {
  test('zero values, declaration order, structs that are always there', () => {
    expect(JSON.stringify(decode({ spec: { containers: [{}] }, metadata: null, kind: 'Pod' }, pod))).toBe(
      '{"kind":"Pod","metadata":{},"spec":{"containers":[{"name":"","resources":{}}]},"status":{}}',
    )
    expect(decode({}, structShape('apps.v1.DeploymentSpec'))).toEqual({
      selector: null,
      template: { metadata: {}, spec: { containers: null } },
      strategy: {},
    })
  })

  const cases: readonly (readonly [name: string, shape: StructShape, raw: unknown, want: unknown])[] = [
    ['zero pointers stay', structShape('apps.v1.DeploymentSpec'), { replicas: 0 }, { replicas: 0 }],
    ['zero scalars go', structShape('apps.v1.DeploymentSpec'), { minReadySeconds: 0 }, { minReadySeconds: undefined }],
    ['empty lists go', pod.byJson.get('spec')!.shape as StructShape, { volumes: [] }, { volumes: undefined }],
    ['or stay', pod.byJson.get('spec')!.shape as StructShape, { containers: [] }, { containers: [] }],
    ['null in a map of text', configMap, { data: { a: null } }, { data: { a: '' } }],
    [
      'quantities',
      structShape('core.v1.ResourceRequirements'),
      { limits: { cpu: 0.5, m: '1000m', n: null } },
      { limits: { cpu: '500m', m: '1', n: '0' } },
    ],
    [
      'times',
      structShape('core.v1.PodStatus'),
      { startTime: '2024-01-02T03:04:05.9+01:00' },
      { startTime: '2024-01-02T02:04:05Z' },
    ],
    [
      'unset times',
      structShape('core.v1.NodeCondition'),
      { type: 'a' },
      { lastHeartbeatTime: null, lastTransitionTime: null },
    ],
    [
      'a creation time is left out',
      structShape('meta.v1.ObjectMeta'),
      { creationTimestamp: null },
      { creationTimestamp: undefined },
    ],
    [
      'micro times',
      structShape('coordination.v1.LeaseSpec'),
      { renewTime: '2024-01-02T03:04:05.600000Z' },
      { renewTime: '2024-01-02T03:04:05.600000Z' },
    ],
    ['numbers or text', structShape('core.v1.HTTPGetAction'), { port: 80 }, { port: 80 }],
    ['an unset one', structShape('core.v1.HTTPGetAction'), {}, { port: 0 }],
    [
      'bytes',
      configMap,
      { binaryData: { a: 'aGVs\nbG8=', b: [104, 105], c: null } },
      { binaryData: { a: 'aGVsbG8=', b: 'aGk=', c: null } },
    ],
    [
      'big integers',
      structShape('meta.v1.ObjectMeta'),
      { generation: 9007199254740993n },
      { generation: 9007199254740993n },
    ],
    ['names are case-sensitive', configMap, { Data: { a: 'b' } }, { data: undefined, Data: undefined }],
  ]
  for (const [name, shape, raw, want] of cases) {
    test(name, () => {
      const decoded = decode(raw, shape)
      for (const [key, value] of Object.entries(want as object)) {
        if (value === undefined) expect(decoded).not.toHaveProperty(key)
        else expect(decoded[key]).toEqual(value)
      }
    })
  }
})

describe('errors in Go’s words', () => {
  const at = (path: string, value: unknown): unknown =>
    path.split('.').reduceRight<unknown>((inner, key) => (key === '0' ? [inner] : { [key]: inner }), value)
  const field = (rest: string) => `json: cannot unmarshal ${rest}`
  const quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const cases: readonly (readonly [shape: StructShape, path: string, value: unknown, message: string])[] = [
    [deployment, 'spec.replicas', 'x', field('string into Go struct field DeploymentSpec.spec.replicas of type int32')],
    [
      deployment,
      'spec.replicas',
      1.5,
      field('number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'),
    ],
    [
      deployment,
      'spec.replicas',
      new JsonNumber('1.0'),
      field('number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32'),
    ],
    [
      deployment,
      'spec.replicas',
      2147483648,
      field('number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32'),
    ],
    [deployment, 'spec.paused', 1, field('number into Go struct field DeploymentSpec.spec.paused of type bool')],
    [
      deployment,
      'spec.template',
      [],
      field('array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec'),
    ],
    [
      deployment,
      'spec.strategy.type',
      5,
      field('number into Go struct field DeploymentStrategy.spec.strategy.type of type v1.DeploymentStrategyType'),
    ],
    [
      deployment,
      'spec.strategy.rollingUpdate.maxSurge',
      true,
      field('bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32'),
    ],
    [
      deployment,
      'spec.template.spec.containers',
      'x',
      field('string into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container'),
    ],
    [
      pod,
      'spec.volumes.0.emptyDir',
      'x',
      field('string into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource'),
    ],
    [
      pod,
      'spec.containers.0.livenessProbe.httpGet.port',
      true,
      field(
        'bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32',
      ),
    ],
    [
      pod,
      'spec.containers.0.resources.limits',
      'x',
      field(
        'string into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList',
      ),
    ],
    [pod, 'spec.containers.0.resources.limits.cpu', 'x', quantity],
    [
      structShape('core.v1.Secret'),
      'data',
      'x',
      field('string into Go struct field Secret.data of type map[string][]uint8'),
    ],
    [structShape('core.v1.Secret'), 'data.a', 5, field('number into Go struct field Secret.data of type []uint8')],
    [structShape('core.v1.Secret'), 'data.a', 'not base64!', 'illegal base64 data at input byte 3'],
    [
      structShape('resource.v1.Device'),
      'capacity',
      'x',
      field('string into Go struct field Device.capacity of type map[v1.QualifiedName]v1.DeviceCapacity'),
    ],
    [
      configMap,
      'metadata.creationTimestamp',
      5,
      field('number into Go struct field ObjectMeta.metadata.creationTimestamp of type string'),
    ],
    [
      configMap,
      'metadata.creationTimestamp',
      'x',
      'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
    [configMap, 'metadata.labels.a', 5, field('number into Go struct field ObjectMeta.metadata.labels of type string')],
    [
      structShape('meta.v1.ObjectMeta'),
      'labels.a',
      5,
      field('number into Go struct field ObjectMeta.labels of type string'),
    ],
    [structShape('apiextensions.v1.JSONSchemaProps'), 'additionalProperties', 5, 'boolean or JSON schema expected'],
  ]
  for (const [shape, path, value, message] of cases) {
    test(message, () => expect(() => decode(at(path, value), shape)).toThrow(message))
  }

  test('the first mismatch is told, but a hand-written decoder’s error before all others', () => {
    const raw = { spec: { hostNetwork: 'x', hostPID: 'y', containers: [{ resources: { limits: { cpu: 'x' } } }] } }
    expect(() => decode(raw, pod)).toThrow(quantity)
    raw.spec.containers = []
    expect(() => decode(raw, pod)).toThrow('PodSpec.spec.hostNetwork of type bool')
  })

  test('a value that is no object at all', () => {
    expect(() => decode('x', structShape('meta.v1.ObjectMeta'))).toThrow(
      'json: cannot unmarshal string into Go value of type v1.ObjectMeta',
    )
  })
})

describe('strict errors', () => {
  test('come in the order of the document', () => {
    const errors = new StrictErrors()
    const data = { a: '2' }
    const raw = { data, foo: 1, metadata: { name: 'x', bar: 1 } }
    const duplicates = new Map<object, readonly (readonly [string, unknown])[]>([
      [
        data,
        [
          ['a', '1'],
          ['a', '2'],
        ],
      ],
    ])
    decode(raw, configMap, { report: errors, duplicates })
    expect(errors.list).toEqual(['duplicate field "data.a"', 'unknown field "foo"', 'unknown field "metadata.bar"'])
  })

  test('name list items and stop at a hundred', () => {
    const errors = new StrictErrors()
    const extra = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f${i}`, 1]))
    decode({ spec: { containers: [{ env: [{ valu: 'x' }] }] }, ...extra }, pod, { report: errors })
    expect(errors.list[0]).toBe('unknown field "spec.containers[0].env[0].valu"')
    expect(errors.list).toHaveLength(100)
  })
})

test('repeated keys of a value without a type are told with their paths', () => {
  const errors = new StrictErrors()
  const inner = { a: 2 }
  const raw = { spec: { list: [inner] } }
  const entries = [
    ['a', 1],
    ['a', 2],
  ] as const
  reportDuplicates(raw, { report: errors, duplicates: new Map([[inner, entries]]) })
  expect(errors.list).toEqual(['duplicate field "spec.list[0].a"'])
})

test('of repeated structs the fields add up', () => {
  const first = { name: 'a', labels: { x: '1' } }
  const second = { labels: { y: '2' } }
  const raw = { metadata: second }
  const entries = [
    ['metadata', first],
    ['metadata', second],
  ] as const
  expect(decode(raw, configMap, { duplicates: new Map([[raw, entries]]) })).toEqual({
    metadata: { name: 'a', labels: { x: '1', y: '2' } },
  })
})

describe('what a key has at first stays where the next one does not say otherwise', () => {
  const spec = structShape('core.v1.PodSpec')
  const cases: [key: string, first: unknown, second: unknown, want: unknown][] = [
    ['tolerations', [{ key: 'a' }], [{ operator: 'Exists' }], [{ key: 'a', operator: 'Exists' }]],
    ['tolerations', [{ key: 'a' }, { key: 'b' }], [], undefined],
    ['tolerations', [{ key: 'a' }], [null, { key: 'c' }], [{ key: 'a' }, { key: 'c' }]],
    ['tolerations', [{ key: 'a' }], null, undefined],
    ['nodeSelector', { a: 'b' }, { c: 'd' }, { a: 'b', c: 'd' }],
    ['nodeSelector', { a: 'b' }, null, undefined],
    ['securityContext', { runAsUser: 5 }, { runAsGroup: 6 }, { runAsUser: 5, runAsGroup: 6 }],
    ['securityContext', { runAsUser: 5 }, null, undefined],
    ['securityContext', { runAsUser: 5 }, { runAsUser: null }, {}],
    ['hostNetwork', true, null, true],
    ['nodeName', 'a', null, 'a'],
    ['priority', 5, null, undefined],
  ]
  test.each(cases)('%s: %j, %j', (key, first, second, want) => {
    const raw = { containers: [], [key]: second }
    const entries = [
      [key, first],
      [key, second],
    ] as const
    expect(decode(raw, spec, { duplicates: new Map([[raw, entries]]) })[key]).toEqual(want)
  })
})

test('what a key has at first may be wrong, too', () => {
  const raw = { data: { a: 'b' } }
  const entries = [
    ['data', { a: 1 }],
    ['data', { a: 'b' }],
  ] as const
  expect(() => decode(raw, configMap, { duplicates: new Map([[raw, entries]]) })).toThrow(
    'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
  )
})

test('free-form values hold no numbers that cannot be sent again', () => {
  const revision = structShape('apps.v1.ControllerRevision')
  const read = (data: unknown) => decode({ data, revision: 1 }, revision, { exactNumbers: true })
  expect(read({ a: [new JsonNumber('1e2')] })).toMatchObject({ data: { a: [100] } })
  expect(() => read({ a: [new JsonNumber('1e400')] })).toThrow(
    'json: cannot unmarshal number 1e400 into Go value of type float64',
  )
})

test('__proto__ is a key like any other', () => {
  const decoded = decode(JSON.parse('{"data":{"__proto__":"x"},"__proto__":{"data":{"b":"c"}}}'), configMap)
  expect(JSON.stringify(decoded)).toBe('{"metadata":{},"data":{"__proto__":"x"}}')
})

test('the Unix epoch is a time like any other', () => {
  const event = structShape('core.v1.Event')
  const raw = { firstTimestamp: '1970-01-01T00:00:00Z', metadata: {} }
  expect(normalizeStored(decode(raw, event), event).firstTimestamp).toBe(raw.firstTimestamp)
  expect(storedForm(decode(raw, event), event).firstTimestamp).toBe(raw.firstTimestamp)
})

test('what storing as protobuf loses', () => {
  const role = structShape('rbac.v1.Role')
  expect(normalizeStored(decode({ rules: [] }, role), role)).toEqual({ metadata: {}, rules: null })
  const csr = structShape('certificates.v1.CertificateSigningRequestSpec')
  const stored = normalizeStored(decode({ extra: { a: [], b: ['c'] } }, csr), csr)
  expect(stored.extra).toEqual({ a: null, b: ['c'] })
  const secret = structShape('core.v1.Secret')
  expect(normalizeStored(decode({ data: { a: null } }, secret), secret).data).toEqual({ a: '' })
})

/** Values of a shape, sometimes wrong, sometimes null. */
function arbitrary(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  const right = (): fc.Arbitrary<unknown> => {
    switch (shape.kind) {
      case 'string':
        return fc.string({ maxLength: 3 })
      case 'bool':
        return fc.boolean()
      case 'int32':
      case 'int64':
        return fc.integer()
      case 'float64':
        return fc.double({ noNaN: true, noDefaultInfinity: true })
      case 'bytes':
        return fc.base64String({ maxLength: 8 })
      case 'list':
        return fc.array(arbitrary(shape.item, depth - 1), { maxLength: 2 })
      case 'map':
        return fc.dictionary(fc.string({ maxLength: 3 }), arbitrary(shape.value, depth - 1), { maxKeys: 2 })
      case 'struct': {
        const fields = depth <= 0 ? [] : shape.fields
        return fc
          .record(Object.fromEntries(fields.map((f) => [f.json, fc.constant(f)])), { requiredKeys: [] })
          .chain((picked) =>
            fc.record(
              Object.fromEntries(
                Object.entries(picked)
                  .slice(0, 4)
                  .map(([json, f]) => [json, fieldArbitrary(f as FieldShape, depth - 1)]),
              ),
            ),
          )
      }
      case 'special':
        return fc.constantFrom<unknown>('1', '2024-01-02T03:04:05Z', '2024-01-02T03:04:05.000000Z', 5, '5s')
    }
  }
  return fc.oneof({ weight: 30, arbitrary: right() }, { weight: 1, arbitrary: fc.constantFrom(null, 'x', [], {}) })
}

/** A null time behind a pointer says nothing when it is sent, and is Go's zero time when it is held: see storedForm. */
function fieldArbitrary({ shape, facts }: FieldShape, depth: number): fc.Arbitrary<unknown> {
  const value = arbitrary(shape, depth)
  const time = facts.pointer === true && shape.kind === 'special' && shape.ref.endsWith('Time')
  return time ? value.filter((held) => held !== null) : value
}

const anyKind = fc.constant(undefined).chain(() => {
  const kinds = factsIndex().groupVersions.flatMap(({ group, version, kinds }) =>
    kinds.map((k) => [group, version, k] as const),
  )
  const shapes = fc.constantFrom(...kinds).map(([group, version, kind]) => kindShape(group, version, kind)!)
  return shapes.chain((shape) => fc.tuple(fc.constant(shape), arbitrary(shape, 5)))
})

/** Keys in another order, frozen in depth. */
function disturbed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze(value.map(disturbed))
  const entries = Object.entries(value).map(([key, held]) => [key, disturbed(held)] as const)
  return Object.freeze(
    Object.fromEntries(entries.length % 2 === 0 ? entries.reverse() : [...entries, ['more', undefined]]),
  )
}

test('the stored form is what decoding once more and storing would make of it, without changing what it is given', () => {
  fc.assert(
    fc.property(anyKind, fc.boolean(), ([shape, raw], decoded) => {
      if (typeof raw !== 'object' || raw === null) return
      const both = (value: object): readonly string[] =>
        [storedForm, (v: object, s: StructShape) => normalizeStored(decode(v, s), s)].map((form) => {
          try {
            return JSON.stringify(form(value, shape))
          } catch (error) {
            return `${(error as Error).name}: ${(error as Error).message}`
          }
        })
      const values: object[] = [disturbed(raw) as object]
      try {
        if (decoded) values.push(disturbed(decode(raw, shape)) as object)
      } catch {}
      for (const value of values) {
        const [fast, slow] = both(value)
        expect(fast).toBe(slow)
      }
    }),
    { numRuns: 1000 },
  )
})

test('what is in stored form is shared, but for the object itself and its metadata', () => {
  const object = normalizeStored(
    decode({ metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i', resources: {} }] } }, pod),
    pod,
  )
  const formed = storedForm(object, pod)
  expect(formed).toEqual(object)
  expect(formed.spec).toBe(object.spec)
  expect(formed.metadata).not.toBe(object.metadata)
})

test('decoding is idempotent, keeps the order of fields, and fails only with an explanation', () => {
  const kinds = factsIndex().groupVersions.flatMap(({ group, version, kinds }) =>
    kinds.map((k) => [group, version, k] as const),
  )
  const shapes = fc.constantFrom(...kinds).map(([group, version, kind]) => kindShape(group, version, kind)!)
  const cases = shapes.chain((shape) => fc.tuple(fc.constant(shape), arbitrary(shape, 4)))
  fc.assert(
    fc.property(cases, ([shape, raw]) => {
      let once: Record<string, unknown>
      try {
        once = decode(raw, shape)
      } catch (error) {
        expect((error as Error).name).toBe('DecodeError')
        return
      }
      expect(JSON.stringify(decode(once, shape))).toBe(JSON.stringify(once))
      const order = shape.fields.map((f) => f.json)
      expect(Object.keys(once)).toEqual(order.filter((json) => json in once))
      const stored = normalizeStored(JSON.parse(JSON.stringify(once)) as object, shape)
      expect(JSON.stringify(normalizeStored(decode(stored, shape), shape))).toBe(JSON.stringify(stored))
    }),
    { numRuns: 400 },
  )
})

test('the zero time, spelled out, is as good as none', () => {
  const metadata = structShape('meta.v1.ObjectMeta')
  expect(decode({ name: 'a', creationTimestamp: '0001-01-01T00:00:00Z' }, metadata)).toEqual({ name: 'a' })
})

test('years that RFC 3339 has no digits for can be stored', () => {
  const metadata = structShape('meta.v1.ObjectMeta')
  const decoded = decode({ creationTimestamp: '9999-12-31T23:59:59-01:00' }, metadata)
  expect(decoded).toEqual({ creationTimestamp: '10000-01-01T00:59:59Z' })
  expect(storedForm(decoded, metadata)).toEqual(decoded)
})
