import { expect, test } from 'vitest'
import type { JsonSchema, Resource, ResourceVersion } from '../../registry/index.js'
import { customModels, customRef } from './custom-models.js'
import type { Json, OpenApiVersion } from './definitions.js'

const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        kept: { type: 'string', default: 'a' },
        either: { 'x-kubernetes-int-or-string': true },
        open: { type: 'object', nullable: true, properties: { a: { type: 'string' } } },
      },
    },
  },
} as unknown as JsonSchema

function published(version: OpenApiVersion, selectableFields?: readonly string[]): { kind: Json; list: Json } {
  const form = { schema, selectableFields }
  const own = { group: 'g.test', version: 'v1', kind: 'Thing', listKind: 'ThingList', form }
  const resource = { group: 'g.test', resource: 'things', kind: 'Thing', versions: [own] } as unknown as Resource
  const models = customModels(resource, own as unknown as ResourceVersion)
  const options = { version, descriptions: undefined, used() {} }
  return {
    kind: models.get(customRef('g.test', 'v1', 'Thing'))!(options),
    list: models.get(customRef('g.test', 'v1', 'ThingList'))!(options),
  }
}

const specOf = ({ kind }: { kind: Json }): unknown =>
  (kind.properties as { spec: { properties: Json } }).spec.properties

test('version 3 has the schema as it is, with what its extensions mean', () => {
  expect(specOf(published(3))).toEqual({
    kept: { type: 'string', default: 'a' },
    either: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
    open: { type: 'object', nullable: true, properties: { a: { type: 'string' } } },
  })
})

test('version 2 goes without what it does not know, and without defaults', () => {
  expect(specOf(published(2))).toEqual({
    kept: { type: 'string' },
    either: { 'x-kubernetes-int-or-string': true },
    open: {},
  })
})

test('fields that lists can be selected by are told of the kind and of its list', () => {
  const { kind, list } = published(3, ['spec.kept'])
  for (const each of [kind, list]) expect(each['x-kubernetes-selectable-fields']).toEqual([{ fieldPath: 'spec.kept' }])
  expect(published(3).kind).not.toHaveProperty('x-kubernetes-selectable-fields')
})
