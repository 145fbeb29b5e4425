import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { FieldManager } from '../apply/index.js'
import { parseJson } from '../codec/index.js'
import { noneConverter, versionsOf } from './conversion.js'
import { CustomKind } from './custom-kind.js'
import { customRules } from './custom-rules.js'
import type { Definition } from './definition.js'

const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
const definition = {
  metadata: { name: 'things.g.test' },
  spec: {
    group: 'g.test',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      { name: 'v1', served: true, storage: true, schema },
      { name: 'v0', served: false, storage: false, schema },
    ],
  },
} as unknown as Definition
const { versions } = new CustomKind(definition, definition.spec.names, noneConverter(versionsOf(definition)), 0)
const { form } = versions.get('g.test/v1')!

const ownedIn = (apiVersion: string): KubeObject =>
  ({
    apiVersion: 'g.test/v1',
    kind: 'Thing',
    metadata: {
      name: 'a',
      uid: 'u',
      managedFields: [
        {
          manager: 'x',
          operation: 'Update',
          apiVersion,
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:z': {} } },
        },
      ],
    },
    spec: { z: 1 },
  }) as unknown as KubeObject
const manager = new FieldManager({
  apiVersion: 'g.test/v1',
  kind: 'Thing',
  schemaFor: (apiVersion) => form!.mergeSchema(apiVersion),
  convert: (object, apiVersion) => form!.convertAsync(object, apiVersion),
  now: () => '2024-01-01T00:00:00Z',
})
const applied = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name: 'a' }, spec: { x: 1 } }

describe('fields that are owned in a version', () => {
  test.each([
    [
      'that the kind does not have any more',
      'g.test/v9',
      'request to convert CR to an invalid group/version: g.test/v9',
    ],
    [
      'of another group',
      'apps/v1',
      'g.test/v1, Kind=Thing is unstructured and is not suitable for converting to "apps/v1"',
    ],
  ])('%s: applies are refused, other writes forget all owners', (_, apiVersion, message) => {
    const live = ownedIn(apiVersion)
    expect(() => manager.apply(live, applied, 'b', true)).toThrow(expect.objectContaining({ message, code: 500 }))
    const next = manager.update(live, { ...live, spec: { y: 1 } } as KubeObject, 'b')
    expect(next.metadata).not.toHaveProperty('managedFields')
  })

  test('that is not served, but there, are left to their owner', () => {
    const next = manager.apply(ownedIn('g.test/v0'), applied, 'b', true)
    expect(next.metadata?.managedFields?.map(({ manager, apiVersion }) => [manager, apiVersion])).toEqual([
      ['b', 'g.test/v1'],
      ['x', 'g.test/v0'],
    ])
  })
})

describe('integers written as floats', () => {
  const rules = customRules(versions.get('g.test/v1')!)
  const sent = (text: string): KubeObject => {
    const { value } = parseJson(Buffer.from(text), { exactNumbers: true })
    const body = { apiVersion: 'g.test/v1', kind: 'Thing', metadata: { name: 'a' }, ...(value as object) }
    return form!.decode(body, { exactNumbers: true })
  }
  const cases: [text: string, generation: number][] = [
    ['{"spec":{"z":1}}', 0],
    ['{"spec":{"z":1.0}}', 1],
    ['{"spec":{"z":1e0}}', 1],
    // Pruned.
    ['{"spec":{"z":1},"other":1.0}', 0],
  ]
  for (const [text, generation] of cases) {
    test(text, () => {
      const object = sent(text)
      expect(object.spec).toEqual({ z: 1 })
      rules.prepareForUpdate!(object, ownedIn('g.test/v1'), {} as never)
      expect(object.metadata.generation ?? 0).toBe(generation)
    })
  }
})

test('what an apply has merged is not decoded: malformed times count for nothing', () => {
  const merged = (metadata: object) =>
    form!.merged({ apiVersion: 'g.test/v1', kind: 'Thing', metadata, spec: {} } as unknown as KubeObject).metadata
  expect(merged({ name: 'a', creationTimestamp: 'x' })).toEqual({ name: 'a' })
  expect(merged({ name: 'a', creationTimestamp: '2024-01-01T00:00:00Z' }).creationTimestamp).toBe(
    '2024-01-01T00:00:00Z',
  )
})

test('fields that a webhook renames are followed into the version they are owned in', async () => {
  const version = (name: string, field: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { [field]: { type: 'string' }, same: { type: 'string' } } } },
      },
    },
  })
  const renamed = {
    ...definition,
    spec: { ...definition.spec, versions: [version('v1', 'a', true), version('v2', 'b', false)] },
  } as unknown as Definition
  const rename = async (object: KubeObject, apiVersion: string): Promise<KubeObject> => {
    const { a, b, ...rest } = object.spec
    const value = a ?? b
    return { ...object, apiVersion, spec: { ...rest, [apiVersion === 'g.test/v2' ? 'b' : 'a']: value } }
  }
  const asked = {
    immediate: false,
    convert: (object: KubeObject, apiVersion: string) => (object.apiVersion === apiVersion ? object : undefined),
    convertAll: (objects: readonly KubeObject[], apiVersion: string) =>
      Promise.all(objects.map((object) => rename(object, apiVersion))),
  }
  const { form } = new CustomKind(renamed, renamed.spec.names, asked, 0).versions.get('g.test/v2')!
  const manager = new FieldManager({
    apiVersion: 'g.test/v2',
    kind: 'Thing',
    schemaFor: (apiVersion) => form!.mergeSchema(apiVersion),
    convert: (object, apiVersion) => form!.convertAsync(object, apiVersion),
    waits: form!.waits ?? false,
    now: () => '2024-01-01T00:00:00Z',
  })
  const owner = (manager: string, operation: string, version: string, field: string) => ({
    manager,
    operation,
    apiVersion: `g.test/${version}`,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { [`f:${field}`]: {} } },
  })
  const live = {
    apiVersion: 'g.test/v2',
    kind: 'Thing',
    metadata: { name: 'a', uid: 'u', managedFields: [owner('x', 'Apply', 'v1', 'a')] },
    spec: { b: '1', same: '2' },
  } as unknown as KubeObject
  expect(manager.waits).toBe(true)
  const next = await manager.updateInTurns(live, { ...live, spec: { b: '3', same: '2' } } as KubeObject, 'y')
  expect(next.metadata.managedFields).toEqual([{ ...owner('y', 'Update', 'v2', 'b'), time: '2024-01-01T00:00:00Z' }])
  const body = { apiVersion: 'g.test/v2', kind: 'Thing', metadata: { name: 'a' }, spec: { b: '3' } }
  await expect(manager.applyInTurns(live, body, 'z', false)).rejects.toMatchObject({ code: 409 })
})
