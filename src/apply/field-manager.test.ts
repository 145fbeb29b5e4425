import { describe, expect, test } from 'vitest'
import { ApiError, type KubeObject, type ManagedFieldsEntry, structShape } from '../api/index.js'
import { emptyObject } from './empty-object.js'
import { FieldManager, type FieldManagerOptions } from './field-manager.js'
import { deducedSchema } from './merge-schema.js'
import { excludeFields } from './reset-fields.js'
import { mergeSchemaOf } from './schema-from-shape.js'

const shape = structShape('core.v1.ConfigMap')
const schema = mergeSchemaOf(shape)
const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** A store of one object and the little that a server does around the field manager; a tick is a second. */
class Server {
  object: KubeObject | undefined
  seconds = 60
  readonly fields: FieldManager

  constructor(options: Partial<FieldManagerOptions> = {}) {
    this.fields = new FieldManager({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      schemaFor: (apiVersion) => (apiVersion === 'v1' ? schema : undefined),
      convert: () => {
        throw new Error('there is one version')
      },
      decode: tidy,
      empty: () => emptyObject(shape, 'v1', 'ConfigMap'),
      now: () => new Date(this.seconds * 1000).toISOString().replace('.000', ''),
      ...options,
    })
  }

  apply(manager: string, body: unknown, force = false): this {
    return this.#keep(this.fields.apply(this.object, body, manager, force))
  }

  update(manager: string, change: (object: KubeObject) => void): this {
    const next = structuredClone(this.object ?? configMap()) as KubeObject
    change(next)
    return this.#keep(this.fields.update(this.object, tidy(next), manager))
  }

  /** `manager operation: paths` for each entry, in order. */
  get owners(): string[] {
    return (this.object?.metadata.managedFields ?? []).map(
      ({ manager, operation, fieldsV1 }) => `${manager} ${operation}: ${JSON.stringify(fieldsV1)}`,
    )
  }

  #keep(object: KubeObject): this {
    this.object = { ...object, metadata: { ...object.metadata, uid: 'u' } }
    this.seconds++
    return this
  }
}

function tidy(object: KubeObject): KubeObject {
  const { data, metadata, ...rest } = object
  const { labels, ...meta } = metadata
  return {
    ...rest,
    metadata: { ...meta, ...(labels && Object.keys(labels).length > 0 ? { labels } : {}) },
    ...(data && Object.keys(data).length > 0 ? { data } : {}),
  }
}

const configMap = (data?: unknown, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'one', ...metadata },
  ...(data === undefined ? {} : { data }),
})

const refused = (action: () => unknown): { code: number; reason: string; message: string; causes?: unknown } => {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { code, reason, message, details } = error
    return { code, reason, message, ...(details?.causes ? { causes: details.causes } : {}) }
  }
  throw new Error('it was accepted')
}

describe('applying', () => {
  test('creates, merges, and keeps one entry for each applier', () => {
    const server = new Server().apply('m1', configMap({ a: '1', z: '0' })).apply('m2', configMap({ b: '2' }))
    expect(server.object!.data).toEqual({ a: '1', z: '0', b: '2' })
    expect(server.owners).toEqual(['m1 Apply: {"f:data":{"f:a":{},"f:z":{}}}', 'm2 Apply: {"f:data":{"f:b":{}}}'])
    expect(server.object!.metadata.managedFields![0]).toEqual({
      manager: 'm1',
      operation: 'Apply',
      apiVersion: 'v1',
      time: '1970-01-01T00:01:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {}, 'f:z': {} } },
    })
  })

  test('nothing new gives the stored object itself back', () => {
    const server = new Server().apply('m1', configMap({ a: '1' }))
    const before = server.object!
    expect(server.fields.apply(before, configMap({ a: '1' }), 'm1', false)).toBe(before)
    const same = server.fields.apply(before, configMap({ a: '1' }), 'm2', false)
    expect(same.data).toBe(before.data)
    expect(same.metadata.managedFields).toEqual([
      // No time: upstream tells the time of a change, and nothing has changed.
      {
        manager: 'm2',
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} } },
      },
      before.metadata.managedFields![0],
    ])
  })

  test('takes away what it applied before and nobody else owns', () => {
    const server = new Server().apply('m1', configMap({ a: '1', b: '1', c: '1' }, { labels: { l: '1' } }))
    server.apply('m2', configMap({ b: '1' })).apply('m1', configMap({ a: '1' }))
    expect(server.object!.data).toEqual({ a: '1', b: '1' })
    expect(server.object!.metadata.labels).toBeUndefined()
    expect(server.apply('m1', configMap()).object!.data).toEqual({ b: '1' })
    expect(server.owners).toEqual(['m2 Apply: {"f:data":{"f:b":{}}}'])
    expect(server.apply('m2', configMap({})).object!.data).toBeUndefined()
    expect(server.owners).toEqual(['m2 Apply: {"f:data":{}}'])
  })

  test('one conflict', () => {
    const server = new Server().apply('m1', configMap({ a: '1' }))
    expect(refused(() => server.apply('m2', configMap({ a: '2' })))).toEqual({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "m1": .data.a',
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.a' }],
    })
    server.apply('m2', configMap({ a: '2' }), true)
    expect(server.owners).toEqual(['m2 Apply: {"f:data":{"f:a":{}}}'])
  })

  test('many conflicts, by owner and path; an updater is told with its version', () => {
    const server = new Server().apply('m1', configMap({ a: '1', b: '1' }, { labels: { l: '1' } }))
    server.update('u', ({ data }) => {
      data.c = '1'
    })
    const { message, causes } = refused(() =>
      server.apply('m4', configMap({ a: 'x', b: 'x', c: 'x' }, { labels: { l: 'x' } })),
    )
    expect(message).toBe(
      'Apply failed with 4 conflicts: conflicts with "m1":\n- .data.a\n- .data.b\n- .metadata.labels.l\nconflicts with "u" using v1:\n- .data.c',
    )
    expect(causes).toHaveLength(4)
  })

  test('an applier conflicts with its own updates', () => {
    const server = new Server().apply('m1', configMap({ a: '1' })).update('m1', ({ data }) => {
      data.a = '2'
    })
    expect(refused(() => server.apply('m1', configMap({ a: '3' }))).message).toContain(
      'conflict with "m1" using v1: .data.a',
    )
  })

  const bodies: [unknown, number, string][] = [
    [{}, 400, 'invalid object type: /, Kind='],
    [undefined, 400, 'invalid object type: /, Kind='],
    [{ ...configMap(), kind: 'Secret' }, 400, 'invalid object type: /v1, Kind=Secret'],
    [{ ...configMap(), apiVersion: 'apps/v1' }, 400, 'invalid object type: apps/v1, Kind=ConfigMap'],
    [{ ...configMap(), apiVersion: 'a/b/c' }, 400, 'invalid object type: /, Kind='],
    [{ ...configMap(), apiVersion: 5 }, 400, 'invalid object type: /, Kind=ConfigMap'],
    [configMap({}, { managedFields: [] }), 400, 'metadata.managedFields must be nil'],
    [configMap({}, { managedFields: [{}] }), 400, 'metadata.managedFields must be nil'],
    [
      configMap({}, { managedFields: [{ time: '' }], foo: 1 }),
      500,
      'failed to create typed patch object (/one; /v1, Kind=ConfigMap): .metadata.foo: field not declared in schema',
    ],
    [
      { ...configMap(), foo: 1 },
      500,
      'failed to create typed patch object (/one; /v1, Kind=ConfigMap): .foo: field not declared in schema',
    ],
    [
      configMap('x', { namespace: 'n' }),
      500,
      'failed to create typed patch object (n/one; /v1, Kind=ConfigMap): .data: expected map, got &{x}',
    ],
  ]
  for (const [body, code, message] of bodies)
    test(JSON.stringify(body) ?? 'nothing', () =>
      expect(refused(() => new Server().apply('m', body))).toMatchObject({ code, message }),
    )

  test('managedFields null in the body is nothing', () =>
    expect(new Server().apply('m', configMap({ a: '1' }, { managedFields: null })).owners).toHaveLength(1))

  test('what decoding refuses is a 500 in upstream’s words', () => {
    const server = new Server({
      decode: () => {
        throw new Error('unable to convert unstructured object to v1, Kind=ConfigMap: no')
      },
    })
    expect(refused(() => server.apply('m', configMap({ a: '1' })))).toMatchObject({
      code: 500,
      message:
        'failed to convert new object (/one; /v1, Kind=ConfigMap) to proper version: unable to convert unstructured object to v1, Kind=ConfigMap: no',
    })
  })

  test('a stored object whose managedFields do not decode', () => {
    const live = configMap({ a: '1' }, { uid: 'u', managedFields: [{ operation: 'Odd' }] })
    expect(refused(() => new Server().fields.apply(live, configMap(), 'm', false))).toMatchObject({
      code: 500,
      message: 'failed to decode managed fields: operation must be `Apply` or `Update`',
    })
  })

  test('defaults are filled in, but into nobody else’s object', () => {
    const server = new Server({
      defaults: (object) => {
        object.data = { ...object.data, filled: 'in' }
      },
    })
    expect(server.apply('m', configMap({ a: '1' })).object!.data).toEqual({ a: '1', filled: 'in' })
    expect(server.apply('m', configMap({ a: '2' })).object!.data).toEqual({ a: '2', filled: 'in' })
    expect(server.owners).toEqual(['m Apply: {"f:data":{"f:a":{}}}'])
  })

  test('keys that objects inherit are keys like others', () => {
    const body = JSON.parse(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"__proto__":"1","constructor":"2"}}',
    )
    const server = new Server({ decode: (object) => object }).apply('m', body).apply('n', body)
    expect(Object.keys(server.object!.data).sort()).toEqual(['__proto__', 'constructor'])
    expect(refused(() => server.apply('n', configMap({ constructor: '3' }))).message).toContain('.data.constructor')
    expect(server.owners[0]).toContain('"f:__proto__":{}')
  })
})

test('a body that nests too deeply is refused, not a crash', () => {
  let deep: unknown = 'x'
  for (let i = 0; i < 20_000; i++) deep = i % 2 === 0 ? [deep] : { a: deep }
  const { code, message } = refused(() => new Server().apply('m', configMap(deep)))
  expect([code, message.startsWith('failed to create typed patch object')]).toEqual([500, true])
  const custom = new Server({ schemaFor: () => deducedSchema })
  expect(refused(() => custom.apply('m', configMap(deep))).message).toContain('nested too deeply')
  expect(custom.update('u', (object) => Object.assign(object, { data: { a: '1' } })).owners).toHaveLength(1)
})

describe('several versions', () => {
  // v2 calls `data.a` `data.b`; v3 is no longer served.
  const renamed = (object: KubeObject, from: string, to: string, apiVersion: string): KubeObject => {
    const { [from]: value, ...data } = object.data ?? {}
    return { ...object, apiVersion, data: { ...data, ...(value === undefined ? {} : { [to]: value }) } }
  }
  const convert = (object: KubeObject, apiVersion: string): KubeObject =>
    object.apiVersion === apiVersion
      ? object
      : apiVersion === 'v2'
        ? renamed(object, 'a', 'b', 'v2')
        : renamed(object, 'b', 'a', 'v1')
  const options: Partial<FieldManagerOptions> = {
    convert,
    decode: (object) => object,
    schemaFor: (apiVersion) => (['v1', 'v2'].includes(apiVersion) ? schema : undefined),
  }
  const inV2 = (data: object): KubeObject => ({ ...configMap(data), apiVersion: 'v2' })
  const v2 = new Server({ ...options, apiVersion: 'v2', empty: () => emptyObject(shape, 'v2', 'ConfigMap') }).fields

  test('what was applied in another version is found there', () => {
    const server = new Server(options)
    const live = v2.apply(undefined, inV2({ b: '1', c: '1' }), 'm1', false)
    server.object = convert({ ...live, metadata: { ...live.metadata, uid: 'u' } }, 'v1')
    expect(refused(() => server.apply('m2', configMap({ a: '2' }))).message).toContain('conflict with "m1": .data.b')
    server.apply('m1', configMap({ c: '1' }))
    expect(server.object.data).toEqual({ c: '1' })
    expect(server.owners).toEqual(['m1 Apply: {"f:data":{"f:c":{}}}'])
    expect(server.object.metadata.managedFields![0]!.apiVersion).toBe('v1')
  })

  test('an update takes fields from owners of another version', () => {
    const server = new Server(options)
    const live = v2.apply(undefined, inV2({ b: '1', c: '1' }), 'm1', false)
    server.object = convert({ ...live, metadata: { ...live.metadata, uid: 'u' } }, 'v1')
    server.update('u', ({ data }) => {
      data.a = '2'
    })
    expect(server.owners).toEqual(['m1 Apply: {"f:data":{"f:c":{}}}', 'u Update: {"f:data":{"f:a":{}}}'])
  })

  test('an object that cannot be converted loses its entries in an update and refuses an apply', () => {
    const live = v2.apply(undefined, inV2({ b: '1' }), 'm1', false)
    const { fields } = new Server({
      ...options,
      convert: () => {
        throw new Error('no way')
      },
    })
    const stored = convert({ ...live, metadata: { ...live.metadata, uid: 'u' } }, 'v1')
    expect(fields.update(stored, { ...stored, data: { a: '2' } }, 'u').metadata.managedFields).toBeUndefined()
    expect(refused(() => fields.apply(stored, configMap(), 'm', true))).toMatchObject({ code: 500, message: 'no way' })
  })
})

describe('updating', () => {
  test('a create owns all it sets; maps that were not there are owned themselves', () => {
    const server = new Server().update('u', (object) =>
      Object.assign(object, configMap({ a: '1' }, { labels: { l: '1' } })),
    )
    expect(server.owners).toEqual([
      'u Update: {"f:data":{".":{},"f:a":{}},"f:metadata":{"f:labels":{".":{},"f:l":{}}}}',
    ])
  })

  test('an empty map is no field at all', () => {
    const created = new Server().fields.create(tidy(configMap({})), 'u')
    expect(created).toEqual(configMap())
    expect('managedFields' in created.metadata).toBe(false)
  })

  test('a change of value moves ownership and time, the same value moves nothing', () => {
    const server = new Server().apply('m1', configMap({ a: '1', b: '1' }))
    const before = server.object!
    server.update('u', () => {})
    expect(server.object!.metadata.managedFields).toEqual(before.metadata.managedFields)
    server.update('u', ({ data }) => {
      data.a = '2'
    })
    expect(server.owners).toEqual(['m1 Apply: {"f:data":{"f:b":{}}}', 'u Update: {"f:data":{"f:a":{}}}'])
    expect(server.object!.metadata.managedFields![1]!.time).toBe('1970-01-01T00:01:02Z')
    server.update('u', ({ data }) => {
      data.c = '2'
    })
    expect(server.owners[1]).toBe('u Update: {"f:data":{"f:a":{},"f:c":{}}}')
    server.update('u', (object) => {
      delete object.data
    })
    expect(server.owners).toEqual([])
  })

  test('a manager without a name', () =>
    expect(new Server().update('', (object) => Object.assign(object, configMap({ a: '1' }))).owners[0]).toMatch(
      /^unknown /,
    ))

  for (const reset of [[], [{}]])
    test(`${JSON.stringify(reset)} ends tracking, the next apply begins anew`, () => {
      const server = new Server().apply('m1', configMap({ a: '1' })).update('u', ({ metadata }) => {
        metadata.managedFields = reset
      })
      expect(server.owners).toEqual([])
      expect(server.update('u', ({ data }) => Object.assign(data, { a: '2' })).owners).toEqual([])
      server.apply('m1', configMap({ a: '2' }))
      expect(server.owners).toEqual([
        'm1 Apply: {"f:data":{"f:a":{}}}',
        'before-first-apply Update: {"f:data":{".":{},"f:a":{}}}',
      ])
      expect(server.object!.metadata.managedFields![0]!.time).toBeUndefined()
    })

  const entry = {
    manager: 'h',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    time: '2024-01-01T00:00:00Z',
  }
  const sent: [string, ManagedFieldsEntry[], string[]][] = [
    ['entries that decode count', [{ ...entry, fieldsV1: { 'f:nothing': {} } }], ['h Update: {"f:nothing":{}}']],
    [
      'of two entries of one owner the last counts',
      [
        { ...entry, fieldsV1: { 'f:data': {} } },
        { ...entry, fieldsV1: { 'f:x': {} } },
      ],
      ['h Update: {"f:x":{}}'],
    ],
    [
      'entries of no operation are ignored',
      [{ ...entry, operation: 'Delete', fieldsV1: {} }],
      ['m1 Apply: {"f:data":{"f:a":{}}}'],
    ],
    [
      'entries without fieldsType are ignored',
      [{ ...entry, fieldsType: '', fieldsV1: {} }],
      ['m1 Apply: {"f:data":{"f:a":{}}}'],
    ],
    ['entries without version are ignored', [{ ...entry, apiVersion: '' }], ['m1 Apply: {"f:data":{"f:a":{}}}']],
    [
      'fields that are no object are ignored',
      [{ ...entry, fieldsV1: 'x' as never }],
      ['m1 Apply: {"f:data":{"f:a":{}}}'],
    ],
    ['versions nobody serves are dropped', [{ ...entry, apiVersion: 'v9', fieldsV1: { 'f:data': {} } }], []],
    ['a version that is none drops everything', [{ ...entry, apiVersion: 'x/y/z' }], []],
    ['an empty set is dropped', [{ ...entry, fieldsV1: { '.': {} } }], []],
  ]
  for (const [name, managedFields, want] of sent)
    test(name, () => {
      const server = new Server().apply('m1', configMap({ a: '1' })).update('u', ({ metadata }) => {
        metadata.managedFields = managedFields
      })
      expect(server.owners).toEqual(want)
    })

  test('subresources do not take managedFields from requests and have entries of their own', () => {
    const server = new Server({ subresource: 'status' }).apply('m', configMap({ a: '1' })).update('u', (object) => {
      object.metadata.managedFields = []
      object.data.b = '1'
    })
    expect(server.object!.metadata.managedFields!.map(({ manager, subresource }) => [manager, subresource])).toEqual([
      ['m', 'status'],
      ['u', 'status'],
    ])
    expect(refused(() => server.apply('x', configMap({ a: '2' }))).message).toContain(
      '"m" with subresource "status": .data.a',
    )
  })

  test('the oldest of more than ten updaters become ancient', () => {
    const server = new Server().update('u00', (object) => Object.assign(object, configMap({ k0: '0' })))
    for (let i = 1; i < 13; i++)
      server.update(`u${String(i).padStart(2, '0')}`, ({ data }) => {
        data[`k${i}`] = `${i}`
      })
    expect(server.owners).toHaveLength(10)
    expect(server.owners[0]).toBe('ancient-changes Update: {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{}}}')
    expect(server.object!.metadata.managedFields![0]!.time).toBe('1970-01-01T00:01:03Z')
  })

  test('reset fields belong to nobody', () => {
    const server = new Server({ resetFields: { v1: excludeFields(['data'], ['metadata', 'labels']) } })
    server.apply('m', configMap({ a: '1' }, { annotations: { x: '1' }, labels: { l: '1' } }))
    expect(server.owners).toEqual(['m Apply: {"f:metadata":{"f:annotations":{"f:x":{}}}}'])
    server.update('u', ({ data }) => {
      data.b = '2'
    })
    expect(server.owners).toHaveLength(1)
  })

  test('inputs are not changed', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null)
        for (const inner of Object.values(Object.freeze(value))) freeze(inner)
      return value
    }
    const { fields, object } = new Server().apply('m1', configMap({ a: '1', b: '1' }))
    const live = freeze(object!)
    fields.apply(live, freeze(configMap({ a: '2' })), 'm2', true)
    fields.apply(live, freeze(configMap()), 'm1', true)
    fields.update(live, freeze(configMap({ c: '1' }, { managedFields: live.metadata.managedFields })), 'u')
  })

  test('objects without schema and metadata', () => {
    const fields = new FieldManager({
      apiVersion: 'g/v1',
      kind: 'W',
      schemaFor: () => deducedSchema,
      convert: (object) => object,
      now: () => '2024-01-01T00:00:00Z',
    })
    const created = fields.create(
      { apiVersion: 'g/v1', kind: 'W', metadata: { name: 'x' }, spec: { l: [1], m: { a: 1 } } },
      'u',
    )
    expect(created.metadata.managedFields![0]!.fieldsV1).toEqual({
      'f:spec': { '.': {}, 'f:l': {}, 'f:m': { '.': {}, 'f:a': {} } },
    })
  })
})

describe('coming from client-side apply', () => {
  const json = (data: object): string => JSON.stringify(configMap(data))
  const clientSide = (): Server =>
    new Server().update('kubectl-client-side-apply', (object) =>
      Object.assign(object, configMap({ a: '1', b: '2' }, { annotations: { [annotation]: json({ a: '1', b: '2' }) } })),
    )

  test('kubectl takes over what the annotation says and nobody has changed', () => {
    const server = clientSide().update('kubectl-edit', ({ data }) => Object.assign(data, { b: '7' }))
    server.apply('kubectl', configMap({ a: '5' }))
    expect(server.object!.data).toEqual({ a: '5', b: '7' })
    expect(server.object!.metadata.annotations![annotation]).toBe(
      '{"apiVersion":"v1","data":{"a":"5"},"kind":"ConfigMap","metadata":{"name":"one"}}\n',
    )
    expect(refused(() => server.apply('kubectl', configMap({ b: '5' }))).message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.b',
    )
  })

  test('others do not', () =>
    expect(refused(() => clientSide().apply('m1', configMap({ a: '3' }))).message).toContain(
      '"kubectl-client-side-apply" using v1',
    ))

  for (const text of ['not json', 'null', '[]', '{}', '{"apiVersion":"v2","kind":"ConfigMap"}'])
    test(`an annotation of no use: ${text}`, () => {
      const server = clientSide().update('kubectl-client-side-apply', ({ metadata }) => {
        metadata.annotations![annotation] = text
      })
      expect(refused(() => server.apply('kubectl', configMap({ a: '3' }))).code).toBe(409)
    })

  test('an annotation that would be too large goes', () => {
    const server = clientSide().apply('kubectl', configMap({ a: 'x'.repeat(300_000) }))
    expect(server.object!.metadata.annotations).toEqual({})
  })
})
