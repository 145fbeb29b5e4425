import { describe, expect, test } from 'vitest'
import { decodeObject, FieldErrors, type KubeObject, structShape } from '../../api/index.js'
import { definitionRules } from './definition-rules.js'
import type { JsonSchema } from './schema/json-schema.js'
import { validateDefinition } from './validate-definition.js'

type Change = (definition: KubeObject) => void

const str = { type: 'string' }
const withF = (f: JsonSchema): JsonSchema => ({ type: 'object', properties: { f } })

function definition(change: Change = () => {}, schema: unknown = { type: 'object' }): KubeObject {
  const raw: KubeObject = {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1',
    metadata: { name: 'things.example.test' },
    spec: {
      group: 'example.test',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  }
  change(raw)
  const object = decodeObject(raw, structShape('apiextensions.v1.CustomResourceDefinition'))
  definitionRules.defaults!.v1!(object)
  definitionRules.prepareForCreate!(object, {} as never)
  return object
}

function complain(change?: Change, schema?: unknown): string[] {
  const errors = new FieldErrors()
  validateDefinition(definition(change, schema), undefined, errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

const at = 'spec.validation.openAPIV3Schema.properties[f]'

describe('schemas', () => {
  const rows: [f: unknown, want: string[]][] = [
    [str, []],
    [{}, [`${at}.type: Required value: must not be empty for specified object fields`]],
    [{ type: 'array' }, [`${at}.items: Required value: must be specified`]],
    [
      { type: 'string', pattern: '(?!x)y' },
      [
        `${at}.pattern: Invalid value: "(?!x)y": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?!\``,
      ],
    ],
    [
      { type: 'integer', anyOf: [{ type: 'integer' }] },
      [`${at}.anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    [{ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, []],
    [
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
      [`${at}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
    ],
    [
      { type: 'string', format: 'bogus', default: 7 },
      [`${at}.default: Invalid value: "int64":  in body must be of type bogus: "int64"`],
    ],
    [{ type: 'boolean', format: 'bogus', default: 'x' }, []],
    [
      { type: 'integer', format: 'date', default: 1.5 },
      [
        `${at}.default: Invalid value: "float64":  in body must be of type date: "float64"`,
        `${at}.default: Invalid value: "": Checked value must be of type integer (default format) in `,
      ],
    ],
    [
      { type: 'string', default: 7 },
      [`${at}.default: Invalid value: "integer":  in body must be of type string: "integer"`],
    ],
    [
      { type: 'object', properties: { a: str }, default: { a: 'x', zz: 1 } },
      [`${at}.default: Invalid value: {"a":"x","zz":1}: must not have unknown fields`],
    ],
    [
      { type: 'string', default: { kind: 'Pod', apiVersion: 'v1' } },
      [
        `${at}.default: Invalid value: {"apiVersion":"v1","kind":"Pod"}: must not have unknown fields`,
        `${at}.default: Invalid value: "object":  in body must be of type string: "object"`,
      ],
    ],
    [{ type: 'string', $ref: '#/x' }, [`${at}.$ref: Forbidden: $ref is not supported`]],
    [
      { type: 'array', items: str, 'x-kubernetes-list-type': 'bag' },
      [`${at}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "set", "map"`],
    ],
    [
      {
        type: 'array',
        items: { type: 'object', properties: { k: str } },
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
      [
        `${at}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
      ],
    ],
  ]
  for (const [f, want] of rows)
    test(JSON.stringify(f), () => expect(complain(undefined, withF(f as JsonSchema))).toEqual(want))

  test('$schema is told only where nothing else is wrong', () => {
    expect(complain(undefined, { type: 'object', $schema: 'x' })).toEqual([
      'spec.validation.openAPIV3Schema: Invalid value: "": OpenAPIV3Schema \'schema\' is not supported',
    ])
  })

  test('a deep schema is walked within its depth', () => {
    let deep: JsonSchema = str
    for (let i = 0; i < 300; i++) deep = { type: 'object', properties: { a: deep } }
    expect(complain(undefined, deep)).toEqual([])
  })
})

describe('definitions', () => {
  const v0 =
    (change: (version: Record<string, unknown>) => void): Change =>
    (c) =>
      change(c.spec.versions[0])
  const rows: [title: string, change: Change, want: string[]][] = [
    ['as it should be', () => {}, []],
    [
      'another name',
      (c) => (c.metadata.name = 'others.example.test'),
      ['metadata.name: Invalid value: "others.example.test": must be spec.names.plural+"."+spec.group'],
    ],
    ['no scope', (c) => delete c.spec.scope, ['spec.scope: Required value']],
    [
      'kind and list kind alike',
      (c) => (c.spec.names.listKind = 'Thing'),
      ['spec.names.listKind: Invalid value: "Thing": kind and listKind may not be the same'],
    ],
    [
      'protected group',
      (c) => {
        c.spec.group = 'x.k8s.io'
        c.metadata.name = 'things.x.k8s.io'
      },
      [
        'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
      ],
    ],
    ['no schema', v0((v) => delete v.schema), ['spec.versions[0].schema.openAPIV3Schema: Required value']],
    [
      'deprecation warning alone',
      v0((v) => (v.deprecationWarning = 'x')),
      ['spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions'],
    ],
    [
      'scale outside of spec',
      v0((v) => (v.subresources = { scale: { specReplicasPath: '.spec', statusReplicasPath: '.status.r' } })),
      ['spec.subresources.scale.specReplicasPath: Invalid value: ".spec": should be a json path under .spec'],
    ],
    [
      'column type',
      v0((v) => (v.additionalPrinterColumns = [{ name: 'A', type: 'array', jsonPath: '.a' }])),
      [
        'spec.additionalPrinterColumns[0].type: Invalid value: "array": must be one of boolean,date,integer,number,string',
      ],
    ],
    [
      'selectable field',
      v0((v) => (v.selectableFields = [{ jsonPath: '.spec.none' }])),
      [
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec.none": is an invalid path: does not refer to a valid field',
      ],
    ],
    [
      'webhook without client',
      (c) => (c.spec.conversion = { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'] } }),
      ['spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
    ],
    [
      'webhook service without a name, told as upstream does: of the namespace',
      (c) =>
        (c.spec.conversion = {
          strategy: 'Webhook',
          webhook: { clientConfig: { service: { name: '', namespace: 'a' } }, conversionReviewVersions: ['v1'] },
        }),
      ['spec.conversion.webhookClientConfig.service.namespace: Required value'],
    ],
    [
      'unknown fields that are kept, beside a webhook',
      (c) => {
        c.spec.preserveUnknownFields = true
        c.spec.conversion = {
          strategy: 'Webhook',
          webhook: { clientConfig: { url: 'https://a.test' }, conversionReviewVersions: ['v1'] },
        }
      },
      [
        'spec.conversion.strategy: Invalid value: "Webhook": must be None if spec.preserveUnknownFields is true',
        'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ],
    ],
  ]
  for (const [title, change, want] of rows) test(title, () => expect(complain(change)).toEqual(want))

  test('versions that differ are told apart', () => {
    const change: Change = (c) =>
      c.spec.versions.push({ name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: withF({}) } })
    expect(complain(change)).toEqual([
      'spec.versions[1].schema.openAPIV3Schema.properties[f].type: Required value: must not be empty for specified object fields',
    ])
  })
})

describe('updates', () => {
  const established = (object: KubeObject): KubeObject => ({
    ...object,
    status: { ...object.status, conditions: [{ type: 'Established', status: 'True' }] },
  })
  const complainUpdate = (change: Change, before: Change = () => {}): string[] => {
    const old = established(definition(before))
    const next = definition((c) => {
      before(c)
      change(c)
    })
    next.status = structuredClone(old.status)
    definitionRules.prepareForUpdate!(next, old, {} as never)
    const errors = new FieldErrors()
    validateDefinition(next, old, errors)
    return errors.list.map(({ field, message }) => `${field}: ${message}`)
  }
  test('the kind of an established definition stays', () =>
    expect(complainUpdate((c) => (c.spec.names.kind = 'Thung'))).toEqual([
      'spec.names.kind: Invalid value: "Thung": field is immutable',
    ]))
  test('a version that objects may be stored in stays', () => {
    const gone = complainUpdate((c) => (c.spec.versions[0].name = 'v2'))
    expect(gone[0]).toMatch(
      /^status.storedVersions\[0\]: Invalid value: "v1": missing from spec.versions; v1 was previously/,
    )
  })
})
