import { describe, expect, test } from 'vitest'
import { structShape } from '../api/index.js'
import { deducedSchema, fieldSchema, type MergeSchema, untypedSchema } from './merge-schema.js'
import { customResourceSchema, mergeSchemaOfOpenApi } from './schema-from-openapi.js'
import { mergeSchemaOf } from './schema-from-shape.js'

const at = (schema: MergeSchema, ...path: string[]): MergeSchema => {
  let here = schema
  for (const name of path) here = name === '[]' ? here.list!.item : fieldSchema(here.map!, name)!
  return here
}
const listAt = (schema: MergeSchema, ...path: string[]) => {
  const { atomic, keys } = at(schema, ...path).list!
  return atomic
    ? 'atomic'
    : keys.map(({ name, default: value }) => (value === undefined ? name : `${name}=${JSON.stringify(value)}`))
}

describe('built-in types', () => {
  const pod = mergeSchemaOf(structShape('core.v1.Pod'))
  const service = mergeSchemaOf(structShape('core.v1.Service'))
  const deployment = mergeSchemaOf(structShape('apps.v1.Deployment'))

  const lists: [MergeSchema, string[], unknown][] = [
    [pod, ['spec', 'containers'], ['name=""']],
    [pod, ['spec', 'containers', '[]', 'ports'], ['containerPort=0', 'protocol="TCP"']],
    [pod, ['spec', 'containers', '[]', 'args'], 'atomic'],
    [pod, ['spec', 'tolerations'], 'atomic'],
    [pod, ['metadata', 'finalizers'], []],
    [pod, ['metadata', 'ownerReferences'], ['uid=""']],
    [service, ['spec', 'ports'], ['port=0', 'protocol="TCP"']],
    [deployment, ['spec', 'template', 'spec', 'topologySpreadConstraints'], ['topologyKey=""', 'whenUnsatisfiable=""']],
  ]
  for (const [schema, path, want] of lists) test(path.join('.'), () => expect(listAt(schema, ...path)).toEqual(want))

  test('atomic maps and structs, granular ones', () => {
    expect(at(service, 'spec', 'selector').map!.atomic).toBe(true)
    expect(at(pod, 'spec', 'nodeSelector').map!.atomic).toBe(true)
    expect(at(deployment, 'spec', 'selector').map!.atomic).toBe(true)
    expect(at(pod, 'metadata', 'labels').map!.atomic).toBe(false)
  })

  test('scalars of several forms', () => {
    expect(at(pod, 'metadata', 'creationTimestamp').scalar).toBe('untyped')
    expect(at(pod, 'spec', 'containers', '[]', 'resources', 'limits', 'cpu')).toMatchObject({
      scalar: 'untyped',
      map: undefined,
    })
    expect(at(service, 'spec', 'ports', '[]', 'targetPort')).toBe(deducedSchema)
    expect(at(mergeSchemaOf(structShape('apps.v1.ControllerRevision')), 'data')).toBe(untypedSchema)
  })

  test('is compiled once, recursive types too', () => {
    expect(mergeSchemaOf(structShape('core.v1.Pod'))).toBe(pod)
    const props = at(
      mergeSchemaOf(structShape('apiextensions.v1.CustomResourceDefinition')),
      'spec',
      'versions',
      '[]',
      'schema',
      'openAPIV3Schema',
    )
    expect(at(props, 'properties', 'a', 'properties', 'b').map).toBe(props.map)
  })
})

describe('a custom resource', () => {
  const objectMeta = structShape('meta.v1.ObjectMeta')
  const schema = customResourceSchema(
    {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: {
            map: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['k', 'p'],
              items: { type: 'object', properties: { k: { type: 'string' }, p: { type: 'string', default: 'TCP' } } },
            },
            set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
            plain: { type: 'array', items: { type: 'integer' } },
            atomicMap: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
            any: { 'x-kubernetes-preserve-unknown-fields': true },
            keep: {
              type: 'object',
              'x-kubernetes-preserve-unknown-fields': true,
              properties: { a: { type: 'string' } },
            },
            ios: { 'x-kubernetes-int-or-string': true },
            date: { type: 'string', format: 'date-time' },
            pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: {} },
            free: { type: 'object' },
          },
        },
      },
    },
    objectMeta,
  )

  test('lists', () => {
    expect(listAt(schema, 'spec', 'map')).toEqual(['k', 'p="TCP"'])
    expect(listAt(schema, 'spec', 'set')).toEqual([])
    expect(listAt(schema, 'spec', 'plain')).toBe('atomic')
  })

  test('maps and open fields', () => {
    expect(at(schema, 'spec', 'atomicMap').map!.atomic).toBe(true)
    expect(at(schema, 'spec', 'any', 'x')).toBe(deducedSchema)
    expect(at(schema, 'spec', 'keep', 'other')).toBe(deducedSchema)
    expect(at(schema, 'spec', 'keep', 'a').scalar).toBe('string')
    expect(at(schema, 'spec', 'ios').scalar).toBe('untyped')
    expect(at(schema, 'spec', 'date').scalar).toBe('untyped')
    expect(at(schema, 'spec', 'free', 'x')).toBe(deducedSchema)
    expect(fieldSchema(at(schema, 'spec').map!, 'nothing')).toBeUndefined()
  })

  test('metadata of the object and of embedded ones', () => {
    expect(listAt(schema, 'metadata', 'finalizers')).toEqual([])
    expect(listAt(schema, 'spec', 'pod', 'metadata', 'finalizers')).toEqual([])
    expect(at(schema, 'kind').scalar).toBe('string')
    expect(fieldSchema(schema.map!, 'other')).toBeUndefined()
  })

  test('without a schema everything is deduced', () =>
    expect(customResourceSchema(undefined, objectMeta)).toBe(deducedSchema))

  test('preserving unknown fields everywhere', () => {
    const open = customResourceSchema(
      { type: 'object', properties: { a: { type: 'object', properties: { b: {} } } } },
      objectMeta,
      true,
    )
    expect(at(open, 'a', 'x')).toBe(deducedSchema)
    expect(at(open, 'x')).toBe(deducedSchema)
  })
})

test('definitions may refer to each other; a map type at the place wins', () => {
  const definitions: Record<string, Record<string, unknown>> = {
    Node: {
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' }, name: { type: 'string', default: 'n' } },
    },
    Root: {
      type: 'object',
      properties: {
        node: { allOf: [{ $ref: '#/components/schemas/Node' }], 'x-kubernetes-map-type': 'atomic' },
        nodes: {
          type: 'array',
          'x-kubernetes-patch-strategy': 'merge',
          'x-kubernetes-patch-merge-key': 'name',
          items: { $ref: '#/components/schemas/Node' },
        },
      },
    },
  }
  const root = mergeSchemaOfOpenApi({ $ref: '#/x/Root' }, { definition: (name) => definitions[name] })
  expect(at(root, 'node').map!.atomic).toBe(true)
  expect(at(root, 'node', 'next', 'next').map!.atomic).toBe(false)
  expect(listAt(root, 'nodes')).toEqual(['name="n"'])
})
