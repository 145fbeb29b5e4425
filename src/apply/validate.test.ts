import { describe, expect, test } from 'vitest'
import { structShape } from '../api/index.js'
import { deducedSchema } from './merge-schema.js'
import { mergeSchemaOf } from './schema-from-shape.js'
import { validate } from './validate.js'

const configMap = mergeSchemaOf(structShape('core.v1.ConfigMap'))
const podSpec = mergeSchemaOf(structShape('core.v1.PodSpec'))

describe('config maps', () => {
  const cases: [unknown, string | undefined][] = [
    [{ data: { a: '1' } }, undefined],
    [{ data: null, metadata: null }, undefined],
    [{ data: { a: 1 } }, '.data.a: expected string, got &value.valueUnstructured{Value:1}'],
    [{ data: { a: true } }, '.data.a: expected string, got &value.valueUnstructured{Value:true}'],
    [
      { data: { a: { b: ['x', null], c: 1.5 } } },
      '.data.a: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"b":[]interface {}{"x", interface {}(nil)}, "c":1.5}}',
    ],
    [{ data: 'x' }, '.data: expected map, got &{x}'],
    [{ data: ['x'] }, '.data: expected map, got &{[x]}'],
    [{ foo: 'bar' }, '.foo: field not declared in schema'],
    [{ constructor: 'bar' }, '.constructor: field not declared in schema'],
    [{ immutable: 'yes' }, '.immutable: expected boolean, got &{yes}'],
    [{ metadata: { generation: 'x' } }, '.metadata.generation: expected numeric (int or float), got string'],
    [
      { metadata: { generation: {} } },
      '.metadata.generation: expected numeric (int or float), got map[string]interface {}',
    ],
    [{ metadata: { creationTimestamp: ['x'] } }, '.metadata.creationTimestamp: expected any scalar, got &{[x]}'],
    [{ metadata: { finalizers: ['a', 'a'] } }, '.metadata.finalizers: duplicate entries for key [="a"]'],
    [
      { metadata: { finalizers: [null] } },
      ".metadata.finalizers: element 0: associative list without keys has an element that's an explicit null",
    ],
    [
      { metadata: { finalizers: [{}] } },
      ".metadata.finalizers: element 0: associative list without keys has an element that's a map type",
    ],
  ]
  for (const [value, want] of cases)
    test(JSON.stringify(value), () => expect(validate(configMap, value, false)).toBe(want))
})

describe('pods', () => {
  const cases: [unknown, string | undefined][] = [
    [{ containers: [{ image: 'i' }] }, undefined],
    [{ containers: null }, undefined],
    [{ containers: { name: 'a' } }, '.containers: expected list, got &{map[name:a]}'],
    [{ containers: [null] }, '.containers: element 0: associative list with keys may not have a null element'],
    [{ containers: ['x'] }, '.containers: element 0: associative list with keys may not have non-map elements'],
    [{ containers: [{ name: 'a' }, { name: 'a' }] }, '.containers: duplicate entries for key [name="a"]'],
    [
      { containers: [{ name: 'a', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }] },
      '.containers[name="a"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    ],
    [
      { containers: [{ name: 'a', ports: [{ containerPort: '80' }] }] },
      '.containers[name="a"].ports[containerPort="80",protocol="TCP"].containerPort: expected numeric (int or float), got string',
    ],
    [
      { containers: [{ name: 'a', image: 5 }, { name: 'b', ports: 'x' }, { name: 5 }, {}] },
      'errors:\n  .containers[name="a"].image: expected string, got &value.valueUnstructured{Value:5}\n' +
        '  .containers[name="b"].ports: expected list, got &{x}\n' +
        '  .containers[name=5].name: expected string, got &value.valueUnstructured{Value:5}',
    ],
    [{ containers: 1e20 }, '.containers: expected list, got &{1e+20}'],
    [
      { containers: [{ name: [{ a: 1, b: 'x' }] }] },
      '.containers[name=[a=1b="x"]].name: expected string, got &value.valueUnstructured{Value:[]interface {}{map[string]interface {}{"a":1, "b":"x"}}}',
    ],
    [{ tolerations: [{ key: 5 }] }, '.tolerations[0].key: expected string, got &value.valueUnstructured{Value:5}'],
  ]
  for (const [value, want] of cases)
    test(JSON.stringify(value), () => expect(validate(podSpec, value, false)).toBe(want))

  test('duplicates in stored objects', () =>
    expect(validate(podSpec, { containers: [{ name: 'a' }, { name: 'a' }] }, true)).toBeUndefined())
})

test('nesting has an end', () => {
  let deep: unknown = 1
  for (let i = 0; i < 20_000; i++) deep = { a: deep }
  expect(validate(deducedSchema, deep, false)).toContain('nested too deeply')
})
