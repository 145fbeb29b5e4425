import { expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import type { StoredRecord } from '../store/index.js'
import { noneConverter, versionsOf } from './conversion.js'
import { CustomKind } from './custom-kind.js'
import type { Definition } from './definition.js'
import { CustomStoredForm } from './stored-form.js'

const version = (name: string, properties: Record<string, unknown>) => ({
  name,
  served: true,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
})
const text = { type: 'string' }
const filled = (value: string) => ({ ...text, default: value })
const embedded = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
}

const definition = {
  metadata: { name: 'things.g.test' },
  spec: {
    group: 'g.test',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      version('v1', { x: text, one: filled('1'), both: filled('1'), e: embedded }),
      version('v2', { x: text, two: filled('2'), both: filled('2'), e: embedded }),
    ],
  },
} as unknown as Definition

const kind = new CustomKind(definition, definition.spec.names, noneConverter(versionsOf(definition)), 0)
const form = (name: string) =>
  new CustomStoredForm(kind.versions.get(`g.test/${name}`)!, (bytes) => JSON.parse(bytes.toString()))
const thing = (name: string, spec: object): KubeObject =>
  ({ apiVersion: `g.test/${name}`, kind: 'Thing', metadata: { name: 'a', generation: 1 }, spec }) as KubeObject
const record = (object: KubeObject): StoredRecord =>
  ({ key: 'k', value: Buffer.from(JSON.stringify(object)), revision: 1 }) as StoredRecord

test('what is stored gets the defaults of its own version, whichever reads it', () => {
  const stored = thing('v1', { x: 'y' })
  const read = (name: string) => form(name).read(structuredClone(stored), record(stored)).spec
  expect(read('v1')).toEqual({ x: 'y', one: '1', both: '1' })
  expect(read('v2')).toEqual({ x: 'y', both: '1' })
})

test('another version is answered what reading would give', async () => {
  const { stored, value } = await form('v2').write(thing('v2', { x: 'y', two: '2', both: '2' }))
  expect(stored).toMatchObject({ apiVersion: 'g.test/v2', spec: { x: 'y', both: '2' } })
  expect(stored.spec).not.toHaveProperty('two')
  expect(JSON.parse(value.json.toString())).toMatchObject({
    apiVersion: 'g.test/v1',
    spec: { x: 'y', one: '1', both: '2' },
  })
})

test('writing fills in what was taken away, and leaves what it is given alone', async () => {
  const given = thing('v1', { e: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n', labels: { b: 'c' } } } })
  const before = JSON.stringify(given)
  const { value } = await form('v1').write(given)
  expect(JSON.stringify(JSON.parse(value.json.toString()).spec)).toBe(
    '{"both":"1","e":{"apiVersion":"v1","kind":"K","metadata":{"labels":{"b":"c"},"name":"n"}},"one":"1"}',
  )
  expect(JSON.stringify(given)).toBe(before)
  form('v1').read(given, record(given))
  expect(JSON.stringify(given)).toBe(before)
})
