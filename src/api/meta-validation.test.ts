import { describe, expect, test } from 'vitest'
import { FieldErrors } from './field-errors.js'
import {
  type ObjectMetaRules,
  validateFieldManager,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta-validation.js'
import type { ObjectMeta } from './object.js'

const namespaced: ObjectMetaRules = { namespaced: true, name: 'dns1123Label' }
const good: ObjectMeta = { name: 'a', namespace: 'n', uid: 'u', resourceVersion: '5', generation: 2 }
const created = (meta: ObjectMeta, rules = namespaced): string[] => {
  const errors = new FieldErrors()
  validateObjectMeta(meta, rules, 'metadata', errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}
const updated = (meta: ObjectMeta, old: ObjectMeta): string[] => {
  const errors = new FieldErrors()
  validateObjectMetaUpdate(meta, old, 'metadata', errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

describe('on create', () => {
  test('what is good passes', () => {
    expect(
      created({
        ...good,
        labels: { 'a.b/C': 'd' },
        annotations: { 'A.B/C': 'anything at all' },
        finalizers: ['a.b/c', 'orphan'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
        managedFields: [{ manager: 'm', operation: 'Apply', fieldsType: 'FieldsV1' }],
      }),
    ).toEqual([])
  })

  const cases: readonly (readonly [string, ObjectMeta, readonly (string | RegExp)[]])[] = [
    ['no name', { namespace: 'n' }, ['metadata.name: Required value: name or generateName is required']],
    ['dots in a label', { ...good, name: 'a.b' }, ['metadata.name: Invalid value: "a.b": must not contain dots']],
    ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
    [
      'generation',
      { ...good, generation: -1 },
      ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'labels',
      { ...good, labels: { '/a': 'b' } },
      ['metadata.labels: Invalid value: "/a": prefix part must be non-empty'],
    ],
    [
      'annotations that are too large',
      { ...good, annotations: { a: 'x'.repeat(262144) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      'owners',
      {
        ...good,
        ownerReferences: [
          { apiVersion: '', kind: '', name: '', uid: '' },
          { apiVersion: 'a/b/c', kind: 'K', name: 'n', uid: 'u' },
          { apiVersion: 'v1', kind: 'Event', name: 'n', uid: 'u' },
        ],
      },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
        'metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty',
        /^metadata.ownerReferences: Invalid value: \{.*\}: \/v1, Kind=Event is disallowed from being an owner$/,
      ],
    ],
    [
      'two controllers',
      {
        ...good,
        ownerReferences: [
          { apiVersion: 'v1', kind: 'A', name: 'a', uid: 'u', controller: true },
          { apiVersion: 'v1', kind: 'B', name: 'b', uid: 'u', controller: true },
        ],
      },
      [/Only one reference can have Controller set to true. Found "true" in references for A\/a and B\/b$/],
    ],
    [
      'finalizers',
      { ...good, finalizers: ['orphan', 'foregroundDeletion', '/a'] },
      [
        'metadata.finalizers: Invalid value: "/a": prefix part must be non-empty',
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion","/a"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      'managed fields',
      { ...good, managedFields: [{ operation: 'X', fieldsType: 'Y', subresource: 's'.repeat(257) }] },
      [
        'metadata.managedFields[0].operation: Invalid value: "X": must be `Apply` or `Update`',
        'metadata.managedFields[0].fieldsType: Invalid value: "Y": must be `FieldsV1`',
        'metadata.managedFields[0].subresource: Too long: may not be more than 256 bytes',
      ],
    ],
  ]
  for (const [title, meta, want] of cases) {
    test(title, () => {
      const got = created(meta)
      expect(got).toHaveLength(want.length)
      for (const [i, text] of want.entries())
        expect(got[i]).toMatch(text instanceof RegExp ? text : new RegExp(`^${escapeRegExp(text)}$`))
    })
  }

  test('a namespace where there is none', () => {
    const rules: ObjectMetaRules = { namespaced: false, name: () => ['never right'] }
    expect(created({ name: 'a', namespace: 'n' }, rules)).toEqual([
      'metadata.name: Invalid value: "a": never right',
      'metadata.namespace: Forbidden: not allowed on this type',
    ])
  })
})

describe('on update', () => {
  const immutable = 'field is immutable'
  const cases: readonly (readonly [string, Partial<ObjectMeta>, Partial<ObjectMeta>, readonly string[]])[] = [
    ['the same', {}, {}, []],
    [
      'resourceVersion',
      { resourceVersion: '' },
      {},
      ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    ],
    ['generation', { generation: 1 }, {}, ['metadata.generation: Invalid value: 1: must not be decremented']],
    ['uid', { uid: 'v' }, {}, [`metadata.uid: Invalid value: "v": ${immutable}`]],
    [
      'creationTimestamp',
      {},
      { creationTimestamp: '2024-01-01T00:00:00Z' },
      [`metadata.creationTimestamp: Invalid value: null: ${immutable}`],
    ],
    [
      'deletionGracePeriodSeconds',
      { deletionGracePeriodSeconds: 5 },
      {},
      [`metadata.deletionGracePeriodSeconds: Invalid value: 5: ${immutable}`],
    ],
    [
      'new finalizers of what is being deleted',
      { deletionTimestamp: 't', finalizers: ['a.b/d', 'a.b/c', 'a.b/old'] },
      { deletionTimestamp: 't', finalizers: ['a.b/old'] },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/c", "a.b/d"}',
      ],
    ],
  ]
  for (const [title, change, was, want] of cases) {
    test(title, () => expect(updated({ ...good, ...change }, { ...good, ...was })).toEqual(want))
  }
})

test('a field manager is short and printable', () => {
  const errors = new FieldErrors()
  validateFieldManager(`é\u0001${'a'.repeat(128)}`, 'fieldManager', errors)
  expect(errors.list.map(({ message }) => message.replace(/value: ".*"/s, 'value'))).toEqual([
    'Too long: may not be more than 128 bytes',
    'Invalid value: invalid character U+0001 (at position 2)',
  ])
})

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
