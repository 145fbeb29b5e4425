import { expect, test } from 'vitest'
import { Environment } from '../environment.js'
import { kubernetesLibraries } from '../library/kubernetes.js'
import { kindSchema } from './kind-schema.js'
import { SchemaType, schemaTypes } from './schema-type.js'

const environment = (group: string, version: string, kind: string) => {
  const object = SchemaType.of(kindSchema(group, version, kind)!, 'object', true)!
  const options = { libraries: kubernetesLibraries(), variables: { object: object.type }, types: schemaTypes(object) }
  return { object, environment: new Environment(options) }
}

test.each([
  ['apps', 'v1', 'Deployment', `object.spec.replicas > 1 && object.metadata.name.startsWith('a')`, 'bool'],
  ['apps', 'v1', 'Deployment', 'object.spec.template.spec.containers.map(c, c.image)', 'list(string)'],
  ['apps', 'v1', 'Deployment', 'object.metadata.creationTimestamp', 'timestamp'],
  ['', 'v1', 'Service', 'object.spec.ports[0].targetPort', 'dyn'],
  ['', 'v1', 'Secret', `object.data['a']`, 'bytes'],
  ['', 'v1', 'Pod', `object.spec.containers[0].resources.limits['cpu']`, 'string'],
  ['', 'v1', 'ConfigMap', 'object.metadata.labels', 'map(string, string)'],
])('%s/%s %s: %s', (group, version, kind, text, type) => {
  const { compiled, issues } = environment(group, version, kind).environment.compile(text)
  expect(String(issues)).toBe('undefined')
  expect(String(compiled!.type)).toBe(type)
})

test('fields that the kind does not have', () => {
  const { environment: env } = environment('apps', 'v1', 'Deployment')
  expect(String(env.compile('object.spec.nope').issues)).toContain("undefined field 'nope'")
})

test('kinds whose types hold themselves end somewhere', () => {
  expect(kindSchema('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')).toBeDefined()
  expect(kindSchema('x', 'v1', 'Y')).toBeUndefined()
})

test('objects are read by their types', () => {
  const { object, environment: env } = environment('', 'v1', 'Pod')
  const pod = { metadata: { name: 'p', creationTimestamp: '2020-01-01T00:00:00Z' }, spec: { containers: [] } }
  const program = env.compile('object.metadata.creationTimestamp.getFullYear() == 2020').compiled!.program()
  expect(program.evaluate({ object: object.read(pod) }).value).toBe(true)
})
