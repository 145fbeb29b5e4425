import { describe, expect, test } from 'vitest'
import { FieldErrors, type KubeObject, type ManagedFieldsEntry, structShape } from '../api/index.js'
import { emptyObject } from './empty-object.js'
import { setOf } from './field-set.js'
import { encodeFields } from './fields-v1.js'
import { defaultManagerName, managedFieldsAfterAdmission, validateManager } from './manager-name.js'
import { excludeFields } from './reset-fields.js'
import { managedFieldsFromScale, managedFieldsToScale } from './scale.js'
import { ignoreManagedFieldsTimestamps } from './timestamps.js'

describe('the manager of a request without fieldManager', () => {
  const cases: [string | undefined, string][] = [
    ['kubectl/v1.36.0 (linux/amd64) kubernetes/abc', 'kubectl'],
    ['curl', 'curl'],
    ['/x', ''],
    ['', ''],
    [undefined, ''],
    ['a\u0007b\u00a0c d/1', 'abc d'],
    ['é'.repeat(80), 'é'.repeat(64)],
    ['x'.repeat(200), 'x'.repeat(128)],
  ]
  for (const [agent, want] of cases)
    test(String(agent).slice(0, 40), () => expect(defaultManagerName(agent)).toBe(want))
})

describe('the fieldManager parameter', () => {
  const cases: [string, string][] = [
    ['x'.repeat(129), 'fieldManager: Too long: may not be more than 128 bytes'],
    ['é'.repeat(65), 'fieldManager: Too long: may not be more than 128 bytes'],
    ['a\u0007b', 'fieldManager: Invalid value: "a\\ab": invalid character U+0007 (at position 1)'],
    ['é\nb', 'fieldManager: Invalid value: "é\\nb": invalid character U+000A (at position 2)'],
  ]
  for (const [name, want] of cases)
    test(JSON.stringify(name).slice(0, 40), () => {
      const errors = new FieldErrors()
      validateManager(name, errors)
      expect(errors.message).toBe(want)
    })

  for (const name of ['', 'a b', 'a/b', 'näme', '管理', 'x'.repeat(128)])
    test(`fine: ${name.slice(0, 20)}`, () => {
      const errors = new FieldErrors()
      validateManager(name, errors)
      expect(errors.empty).toBe(true)
    })
})

test('managedFields that admission has spoilt are put back with a warning', () => {
  const before: ManagedFieldsEntry[] = []
  expect(managedFieldsAfterAdmission(before, before)).toEqual({ managedFields: before })
  const good = [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }]
  expect(managedFieldsAfterAdmission(before, good).managedFields).toBe(good)
  const { managedFields, warning } = managedFieldsAfterAdmission(before, [{ operation: 'x' }])
  expect(managedFields).toBe(before)
  expect(warning).toBe(
    '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: operation must be `Apply` or `Update`',
  )
})

describe('reset fields', () => {
  const names = (...path: string[]): string[] => path.map((name) => (/^[kvi]:/.test(name) ? name : `f:${name}`))
  const set = setOf(
    names('spec', 'containers', 'k:{"name":"a"}'),
    names('spec', 'containers', 'k:{"name":"a"}', 'resources', 'limits'),
    names('spec', 'containers', 'k:{"name":"a"}', 'image'),
    names('status', 'phase'),
    names('status'),
    names('metadata', 'labels', 'l'),
  )

  test('excluding', () =>
    expect(encodeFields(excludeFields(['status'], ['spec', 'containers'])(set))).toEqual({
      'f:metadata': { 'f:labels': { 'f:l': {} } },
    }))
})

describe('scale', () => {
  const paths = { 'apps/v1': ['spec', 'replicas'], 'apps/v0': null }
  const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}): ManagedFieldsEntry => ({
    manager,
    operation,
    apiVersion: 'apps/v1',
    time: '2024-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1 as Record<string, unknown>,
    ...more,
  })
  const replicas = { 'f:spec': { 'f:replicas': {} } }
  const all = { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } }
  const parent = [
    entry('m1', 'Apply', all),
    entry('m2', 'Apply', { 'f:spec': { 'f:paused': {} } }),
    entry('old', 'Apply', replicas, { apiVersion: 'apps/v0' }),
  ]

  test('shows who owns the replicas', () =>
    expect(managedFieldsToScale(parent, paths)).toEqual([
      entry('m1', 'Apply', replicas, { apiVersion: 'autoscaling/v1' }),
    ]))

  test('nothing changed: the entries themselves come back', () =>
    expect(managedFieldsFromScale(parent, managedFieldsToScale(parent, paths), 'apps/v1', paths)).toEqual(
      [parent[0], parent[1], parent[2]].sort((a, b) => (a!.manager! < b!.manager! ? -1 : 1)),
    ))

  test('who takes them has an entry of the subresource, without time; who lost them keeps the rest', () => {
    const taken = entry('m3', 'Apply', replicas, { apiVersion: 'autoscaling/v1', subresource: 'scale' })
    const { time: _, ...timeless } = entry('m3', 'Apply', replicas, { subresource: 'scale' })
    expect(managedFieldsFromScale([parent[0]!], [taken], 'apps/v1', paths)).toEqual([
      timeless,
      entry('m1', 'Apply', { 'f:spec': { 'f:paused': {} } }),
    ])
  })

  test('versions that are not named are forgotten', () =>
    expect(
      managedFieldsFromScale([entry('x', 'Apply', all, { apiVersion: 'x/v1' })], undefined, 'apps/v1', paths),
    ).toBeUndefined())
})

describe('times that alone have changed', () => {
  const object = (data: object | undefined, time: string, set: object = {}): KubeObject => ({
    metadata: {
      managedFields: [
        { manager: 'm', operation: 'Apply', apiVersion: 'v1', time, fieldsV1: set as Record<string, unknown> },
      ],
    },
    data,
  })

  test('are put back', () => {
    const next = object({ a: '1' }, 'later')
    const result = ignoreManagedFieldsTimestamps(next, object({ a: '1' }, 'then'))
    expect(result.metadata.managedFields![0]!.time).toBe('then')
    expect(next.metadata.managedFields![0]!.time).toBe('later')
  })

  test('stay if anything else has', () => {
    for (const [next, old] of [
      [object({ a: '2' }, 'later'), object({ a: '1' }, 'then')],
      [object({ a: '1' }, 'later', { 'f:a': {} }), object({ a: '1' }, 'then')],
      [object({ a: '1' }, 'then'), object({ a: '1' }, 'then')],
      [{ metadata: {} }, object({ a: '1' }, 'then')],
    ] as [KubeObject, KubeObject][])
      expect(ignoreManagedFieldsTimestamps(next, old)).toBe(next)
  })

  test('empty and missing lists are the same', () => {
    const result = ignoreManagedFieldsTimestamps(object({ l: [] }, 'later'), object({}, 'then'))
    expect(result.metadata.managedFields![0]!.time).toBe('then')
  })
})

test('a new object shows what Go always writes', () => {
  expect(emptyObject(structShape('apps.v1.Deployment'), 'apps/v1', 'Deployment')).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec: { selector: null, template: { metadata: {}, spec: { containers: null } }, strategy: {} },
    status: {},
  })
  expect(emptyObject(structShape('core.v1.ConfigMap'), 'v1', 'ConfigMap')).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {},
  })
})
