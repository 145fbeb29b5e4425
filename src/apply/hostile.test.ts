import { describe, expect, test } from 'vitest'
import { ApiError, type KubeObject, structShape } from '../api/index.js'
import { emptyObject } from './empty-object.js'
import { FieldManager } from './field-manager.js'
import { mergeSchemaOf } from './schema-from-shape.js'

const shape = structShape('core.v1.ConfigMap')
const manages = new FieldManager({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  schemaFor: (apiVersion) => (apiVersion === 'v1' ? mergeSchemaOf(shape) : undefined),
  convert: (object) => object,
  empty: () => emptyObject(shape, 'v1', 'ConfigMap'),
  trusted: true,
  now: () => '2024-01-01T00:00:00Z',
})

const entry = (fieldsV1: unknown, manager = 'm'): object => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
})
const configMap = (managedFields: readonly object[] | undefined, data?: unknown): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', ...(managedFields === undefined ? {} : { uid: 'u', managedFields }) },
    data: data ?? { a: '1' },
  }) as unknown as KubeObject

function nested(levels: number, key: string): object {
  let value = {}
  for (let i = 0; i < levels; i++) value = { [key]: value }
  return value
}

const many = (count: number, element: (i: number) => string): object =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [element((i * 7919) % count), {}]))

const hostile: Readonly<Record<string, readonly object[]>> = {
  'a megabyte of fields': [entry({ 'f:data': many(50_000, (i) => `f:key-${i}`) })],
  'a megabyte of items, their keys in need of parsing': [
    entry({ 'f:data': many(30_000, (i) => `k:{ "name":"${i}\\u00e9", "port":${i} }`) }),
  ],
  'a megabyte of values': [entry({ 'f:data': many(50_000, (i) => `v:[${i},{"b":1}]`) })],
  'six thousand managers': Array.from({ length: 6_000 }, (_, i) => entry({ 'f:data': { 'f:a': {} } }, `m${i}`)),
  'fields nested too deeply': [entry(nested(5_000, 'f:a'))],
  'items nested too deeply': [entry(nested(5_000, 'k:{"a":1}'))],
  'a key nested too deeply': [entry({ [`k:${'{"a":'.repeat(90_000)}1${'}'.repeat(90_000)}`]: {} })],
  'values that differ far down': [
    entry({ [`v:${'['.repeat(900)}1${']'.repeat(900)}`]: {}, [`v:${'['.repeat(900)}2${']'.repeat(900)}`]: {} }),
  ],
  'odd JSON in keys': [
    entry({
      'k:{"__proto__":{},"constructor":1}': { '.': {} },
      'v:{"x":1e999}': {},
      'v:"\\ud800"': {},
      'v:-0': {},
      'f:__proto__': { 'f:constructor': {} },
    }),
  ],
  'broken JSON in keys': [entry({ 'k:{"a":': {} }), entry({ 'v:nul': {} }), entry({ 'i:1e3': {} })],
  'fields that are none': [entry('x'), entry([1]), entry({ 'f:a': 5 }), entry(null)],
  'entries that are none': [null, 5, 'x', []] as unknown as object[],
}

describe('managedFields nobody should send', () => {
  for (const [what, managedFields] of Object.entries(hostile)) {
    test(`${what}: an update goes through, in bounded time`, () => {
      const began = performance.now()
      const live = configMap([])
      const updated = manages.update(live, configMap(managedFields), 'me')
      expect(updated.data).toEqual({ a: '1' })
      manages.update(updated, configMap(undefined, { b: '2' }), 'me')
      expect(performance.now() - began).toBeLessThan(5_000)
      expect(Object.hasOwn({}, 'polluted')).toBe(false)
    })

    test(`${what}: an apply on top succeeds or is refused with a reason`, () => {
      const began = performance.now()
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one' }, data: { a: '2' } }
      try {
        expect(manages.apply(configMap(managedFields), body, 'me', true).data).toEqual({ a: '2' })
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
        expect((error as ApiError).message).toMatch(/^failed to decode managed fields: /)
      }
      expect(performance.now() - began).toBeLessThan(5_000)
    })
  }
})

describe('applied bodies nobody should send', () => {
  const bodies: Readonly<Record<string, unknown>> = {
    'a body nested too deeply': configMap(undefined, nested(5_000, 'a')),
    'metadata nested too deeply': { ...configMap(undefined), metadata: { labels: nested(5_000, 'a') } },
    'a hundred thousand wrong values': configMap(
      undefined,
      Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, i])),
    ),
    'managedFields in the body': configMap([entry({})]),
    'a list': [],
    'a number': 5,
  }
  for (const [what, body] of Object.entries(bodies))
    test(`${what}: refused in bounded time`, () => {
      const began = performance.now()
      expect(() => manages.apply(undefined, body, 'me', true)).toThrow(ApiError)
      expect(performance.now() - began).toBeLessThan(5_000)
    })
})
