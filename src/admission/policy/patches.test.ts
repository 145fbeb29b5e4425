import { beforeAll, expect, it } from 'vitest'
import { type KubeObject, structShape } from '../../api/index.js'
import { mergeConfiguration, mergeSchemaOf } from '../../apply/index.js'
import { loadExpressions } from '../../registry/index.js'
import { Evaluator } from '../expressions/evaluation.js'
import type { ObjectViews } from '../object-views.js'
import { named } from '../testing.js'
import { compileMutating } from './compile.js'
import { applyConfiguration, applyOperations } from './patches.js'

beforeAll(() => loadExpressions())

const kind = { group: '', version: 'v1', kind: 'ConfigMap' }
const views = {
  equivalents: [],
  readPatched: (value: unknown) => value as KubeObject,
  merge: (shown: KubeObject, configuration: object) => ({ ...shown, merged: configuration }) as KubeObject,
} as unknown as ObjectViews
const object = named('m', { kind: 'ConfigMap', apiVersion: 'v1', data: { a: '1' } })
object.metadata.finalizers = ['f']

function mutated(
  patchType: 'JSONPatch' | 'ApplyConfiguration',
  expression: string,
  seen: ObjectViews = views,
): KubeObject {
  const field = patchType === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration'
  const policy = named('p', { spec: { mutations: [{ patchType, [field]: { expression } }] } })
  const { mutations, variables } = compileMutating(policy)
  const input = {
    object,
    oldObject: undefined,
    params: undefined,
    namespace: undefined,
    request: () => ({ operation: 'CREATE' }),
  }
  const result = new Evaluator(variables, input, 1_000_000).evaluate(mutations[0]!.expression)
  if (result.error !== undefined) throw new Error(result.error)
  return (patchType === 'JSONPatch' ? applyOperations : applyConfiguration)(result.value, object, kind, seen)
}

it('applies operations, with values of every kind', () => {
  const expression = `[
    JSONPatch{op: 'test', path: '/data/a', value: object.data.a},
    JSONPatch{op: 'add', path: '/data/b', value: {'list': dyn([1, 2]), 'double': dyn(2.5)}},
    JSONPatch{op: 'add', path: '/data/c', value: Object.data{d: null}},
    JSONPatch{op: 'add', path: '/data/d', value: duration('90s')},
    JSONPatch{op: 'add', path: '/data/t', value: timestamp('2026-01-02T03:04:05.5Z')},
    JSONPatch{op: 'add', path: '/data/e', value: b'abc'},
    JSONPatch{op: 'move', from: '/data/a', path: '/data/' + jsonpatch.escapeKey('y/z')}
  ]`
  expect(mutated('JSONPatch', expression).data).toEqual({
    b: { list: [1, 2], double: 2.5 },
    c: { d: null },
    d: '90s',
    t: '2026-01-02T03:04:05.5Z',
    e: 'YWJj',
    'y/z': '1',
  })
})

it('leaves the object alone where a test fails, and tells what else does', () => {
  expect(mutated('JSONPatch', "[JSONPatch{op: 'test', path: '/data/a', value: '2'}]")).toBe(object)
  expect(() => mutated('JSONPatch', "[JSONPatch{op: 'remove', path: '/data/x'}]")).toThrow(
    "JSON Patch: error in remove for path: '/data/x': Unable to remove nonexistent key: x: missing value",
  )
})

it('applies configurations, whose types are named after their places', () => {
  const { merged } = mutated('ApplyConfiguration', "Object{metadata: Object.metadata{labels: {'a': object.data.a}}}")
  expect(merged).toEqual({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { labels: { a: '1' } } })
  expect(() => mutated('ApplyConfiguration', "Object{metadata: Object.meta{name: 'x'}}")).toThrow(
    'type mismatch: unexpected type name "Object.meta", expected "Object.metadata", which matches field name path from root Object type',
  )
  expect(() => mutated('ApplyConfiguration', 'Object{items: [Object.items{a: Object.b{}}]}')).toThrow(
    'unexpected type name "Object.b", expected "Object.items.a"',
  )
})

it('takes lists for JSON that have been joined, or that objects have', () => {
  const applied = (expression: string) => mutated('ApplyConfiguration', expression).merged
  expect(applied("Object{data: {'a': ['x'] + ['y']}}").data).toEqual({ a: ['x', 'y'] })
  expect(applied("Object{data: {'a': object.metadata.finalizers}}").data).toEqual({ a: ['f'] })
})

it('knows no keys but strings', () => {
  expect(() => mutated('JSONPatch', "[JSONPatch{op: 'add', path: '/data', value: {1: 'a'}}]")).toThrow(
    "could not marshal to JSON: unsupported type conversion from 'int' to string",
  )
  expect(() => mutated('ApplyConfiguration', "Object{data: {1: 'a'}}")).toThrow(
    'invalid return type: *dynamic.ObjectVal',
  )
})

it.each([
  [
    "Object{data: {'a': b'xyz'}}",
    '.data.a: expected string, got &value.valueUnstructured{Value:[]uint8{0x78, 0x79, 0x7a}}',
  ],
  ['Object{data: null}', '.data: expected map, got &{NULL_VALUE}'],
  [
    "Object{data: {'a': {'b': 1}}}",
    '.data.a: expected string, got &value.valueUnstructured{Value:map[ref.Val]ref.Val{"b":1}}',
  ],
  [
    "Object{data: {'a': ['x', 'y']}}",
    '.data.a: expected string, got &value.valueUnstructured{Value:[]ref.Val{"x", "y"}}',
  ],
  [
    "Object{metadata: Object.metadata{finalizers: 'x,y'.split(',')}}",
    '.metadata.finalizers: expected list, got &{[x y]}',
  ],
  ["Object{metadata: {'labels': {'a': 'b'}}}", '.metadata.labels: expected map, got &{map[a:b]}'],
  [
    "Object{metadata: Object.metadata{ownerReferences: [{'uid': 'u'}]}}",
    '.metadata.ownerReferences: element 0: associative list with keys may not have non-map elements',
  ],
  [
    'Object{metadata: Object.metadata{generation: 5u}}',
    '.metadata.generation: expected numeric (int or float), got uint64',
  ],
])('hands %s to the schema as Go has it', (expression, message) => {
  const merge = (shown: unknown, configuration: object) =>
    mergeConfiguration(mergeSchemaOf(structShape('core.v1.ConfigMap')), shown, configuration) as KubeObject
  expect(() => mutated('ApplyConfiguration', expression, { ...views, merge })).toThrow(
    `error applying patch: failed to convert patch object to typed object: ${message}`,
  )
})
