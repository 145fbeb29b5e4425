import { expect, test } from 'vitest'
import { encodeProtobuf } from '../../codec/index.js'
import { kubernetesValues } from './value-form.js'

const protobuf = kubernetesValues('application/vnd.kubernetes.protobuf')
const json = kubernetesValues('application/json')
const metadata = { name: 'one', namespace: 'default', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' }

/** What a GET would send, with the revision in place. */
function shown(form: typeof json, prefix: string, bytes: Buffer) {
  const { json: text, revisionAt, stale = false, index } = form.read(prefix, `${prefix}default/one`, bytes)
  const whole = `${text.subarray(0, revisionAt)}"resourceVersion":"7",${text.subarray(revisionAt)}`
  return { object: JSON.parse(whole), text: whole, stale, index: index.toString() }
}

const configMap = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { ...metadata, labels: { a: 'b' } },
  data: { k: 'é' },
}

test('both encodings are read as the same bytes, and the one that is not written any more is stale', () => {
  const prefix = '/registry/configmaps/'
  const fromJson = shown(json, prefix, Buffer.from(`${JSON.stringify(configMap)}\n`))
  const fromProtobuf = shown(json, prefix, encodeProtobuf(configMap))
  expect(fromProtobuf.text).toBe(fromJson.text)
  expect(fromJson.object).toEqual({ ...configMap, metadata: { ...configMap.metadata, resourceVersion: '7' } })
  expect([fromJson.stale, fromProtobuf.stale]).toEqual([false, true])
  expect(fromJson.index).toContain('"a":"b"')
  expect(shown(protobuf, prefix, encodeProtobuf(configMap)).stale).toBe(false)
})

test('what is written is read again, in protobuf but for kinds that are JSON always', () => {
  const value = json.read(
    '/registry/configmaps/',
    '/registry/configmaps/default/one',
    Buffer.from(JSON.stringify(configMap)),
  )
  const written = protobuf.write('/registry/configmaps/', '/registry/configmaps/default/one', value)
  expect(written.subarray(0, 4)).toEqual(Buffer.from('k8s\0'))
  expect(protobuf.read('/registry/configmaps/', '/registry/configmaps/default/one', written).json).toEqual(value.json)
  for (const prefix of ['/registry/example.com/widgets/', '/registry/apiregistration.k8s.io/apiservices/'])
    expect(protobuf.write(prefix, `${prefix}one`, value)).toEqual(Buffer.concat([value.json, Buffer.from('\n')]))
})

test('an older version is converted, and what it did not know has its default', () => {
  const slice = {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1beta1',
    metadata,
    addressType: 'IPv4',
    endpoints: [],
    ports: [],
  }
  const { object, stale } = shown(json, '/registry/endpointslices/', Buffer.from(JSON.stringify(slice)))
  expect(object).toMatchObject({ apiVersion: 'discovery.k8s.io/v1', addressType: 'IPv4' })
  expect(stale).toBe(true)
  const service = { kind: 'Service', apiVersion: 'v1', metadata, spec: { ports: [{ port: 80 }] } }
  const filled = shown(json, '/registry/services/specs/', Buffer.from(JSON.stringify(service)))
  expect(filled.object.spec).toMatchObject({ type: 'ClusterIP', sessionAffinity: 'None', ports: [{ protocol: 'TCP' }] })
})

test('a definition as kube-apiserver stores it, in v1beta1', () => {
  const definition = {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1beta1',
    metadata: { name: 'widgets.example.com', uid: 'u', creationTimestamp: metadata.creationTimestamp },
    spec: {
      group: 'example.com',
      version: 'v1',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      scope: 'Namespaced',
      validation: { openAPIV3Schema: { type: 'object' } },
      subresources: { status: {} },
      versions: [{ name: 'v1', served: true, storage: true }],
      additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }],
      conversion: { strategy: 'None' },
      preserveUnknownFields: false,
    },
    status: { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
  }
  const prefix = '/registry/apiextensions.k8s.io/customresourcedefinitions/'
  const { object } = shown(protobuf, prefix, Buffer.from(JSON.stringify(definition)))
  expect(object.apiVersion).toBe('apiextensions.k8s.io/v1')
  expect(object.spec).toEqual({
    group: 'example.com',
    names: definition.spec.names,
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
      },
    ],
    conversion: { strategy: 'None' },
  })
})

test.each([{ name: 'one' }, { name: 'one', uid: 'u1' }, { name: 'one', namespace: 'default', labels: { a: 'b' } }])(
  'an object that somebody put there by hand is served: %j',
  (sparse) => {
    const bytes = Buffer.from(JSON.stringify({ ...configMap, metadata: sparse }))
    const { object } = shown(json, '/registry/configmaps/', bytes)
    expect(object).toMatchObject({ ...configMap, metadata: { ...sparse, resourceVersion: '7' } })
  },
)

test.each([
  [
    'what is the same in all versions stands once',
    [{ schema: { openAPIV3Schema: { type: 'object' } }, subresources: {}, selectableFields: [{ jsonPath: '.a' }] }, 2],
    '"versions":[{"name":"v1","served":true,"storage":true},{"name":"v2","served":true,"storage":false}]',
  ],
  [
    'what is not stands in each',
    [{ subresources: { status: {} }, additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.a' }] }, 1],
    '"versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},' +
      '"additionalPrinterColumns":[{"name":"A","type":"string","JSONPath":".a"}]},' +
      '{"name":"v2","served":true,"storage":false}]',
  ],
] as const)(
  'a definition is written as kube-apiserver writes it, in v1beta1: %s',
  (_what, [members, times], written) => {
    const definition = {
      kind: 'CustomResourceDefinition',
      apiVersion: 'apiextensions.k8s.io/v1',
      metadata: { name: 'widgets.example.com', uid: 'u', creationTimestamp: metadata.creationTimestamp },
      spec: {
        group: 'example.com',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        scope: 'Namespaced',
        versions: ['v1', 'v2'].map((name, i) => ({
          ...{ name, served: true, storage: i === 0 },
          ...(i < times ? members : {}),
        })),
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: 'https://hook' }, conversionReviewVersions: ['v1'] },
        },
      },
      status: { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1'] },
    }
    const prefix = '/registry/apiextensions.k8s.io/customresourcedefinitions/'
    const v1 = protobuf.read(prefix, `${prefix}widgets.example.com`, Buffer.from(JSON.stringify(definition)))
    expect(v1.stale).toBe(true)
    const stored = protobuf.write(prefix, `${prefix}widgets.example.com`, v1)
    expect(stored.toString()).toContain(written)
    expect(stored.toString()).toContain(
      '"conversion":{"strategy":"Webhook","webhookClientConfig":{"url":"https://hook"},' +
        '"conversionReviewVersions":["v1"]},"preserveUnknownFields":false}',
    )
    const again = protobuf.read(prefix, `${prefix}widgets.example.com`, stored)
    expect(again.stale).toBeUndefined()
    expect(again.json).toEqual(v1.json)
  },
)

test('an allocation without a name, as upstream has it', () => {
  const bytes = encodeProtobuf({
    kind: 'RangeAllocation',
    apiVersion: 'v1',
    metadata: {},
    range: '30000-32767',
    data: 'AQ==',
  })
  const prefix = '/registry/ranges/'
  const { json: text, revisionAt } = protobuf.read(prefix, `${prefix}servicenodeports`, bytes)
  const whole = JSON.parse(`${text.subarray(0, revisionAt)}"resourceVersion":"7",${text.subarray(revisionAt)}`)
  expect(whole).toMatchObject({ range: '30000-32767', data: 'AQ==', metadata: { resourceVersion: '7' } })
  const value = protobuf.read(prefix, `${prefix}servicenodeports`, bytes)
  expect(protobuf.write(prefix, `${prefix}servicenodeports`, value)).toEqual(bytes)
})

test.each([
  ['no JSON', Buffer.from('{"kind"')],
  ['another kind', Buffer.from(JSON.stringify({ ...configMap, kind: 'Secret' }))],
  ['no object', Buffer.from('[]')],
  ['broken protobuf', Buffer.from('k8s\0\xff\xff')],
])('refuses %s', (_what, bytes) => {
  expect(() => json.read('/registry/configmaps/', '/registry/configmaps/default/one', bytes)).toThrow()
})

test('what an older release must understand is written in a version that it knows', () => {
  const prefix = '/registry/deviceclasses/'
  const stored = {
    kind: 'DeviceClass',
    apiVersion: 'resource.k8s.io/v1',
    metadata: { name: 'one', uid: 'u1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { selectors: [{ cel: { expression: 'true' } }] },
  }
  const value = json.read(prefix, `${prefix}one`, Buffer.from(JSON.stringify(stored)))
  const older = kubernetesValues('application/json', { major: 1, minor: 33 })
  const bytes = Buffer.from(older.write(prefix, `${prefix}one`, value))
  expect(JSON.parse(String(bytes))).toEqual({ ...stored, apiVersion: 'resource.k8s.io/v1beta2' })
  expect(older.read(prefix, `${prefix}one`, bytes).stale).toBeUndefined()
  expect(older.read(prefix, `${prefix}one`, Buffer.from(JSON.stringify(stored))).stale).toBe(true)
  expect(String(older.read(prefix, `${prefix}one`, bytes).json)).toBe(String(value.json))
  // Both encodings.
  const binary = kubernetesValues('application/vnd.kubernetes.protobuf', { major: 1, minor: 33 })
  expect(
    String(binary.read(prefix, `${prefix}one`, Buffer.from(binary.write(prefix, `${prefix}one`, value))).json),
  ).toBe(String(value.json))
})
