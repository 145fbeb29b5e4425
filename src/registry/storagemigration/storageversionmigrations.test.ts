import { expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../../api/index.js'
import { storageversionmigrations } from './storageversionmigrations.js'

const told = (errors: FieldErrors): string[] => errors.list.map(({ field, message }) => `${field}: ${message}`)

test.each<[object, string[]]>([
  [{ resource: { group: 'apps', resource: 'deployments' } }, []],
  [{}, ['spec.resource.resource: Required value: resource is required to be set']],
  [
    { resource: { group: 'a_b', resource: 'things' } },
    ['spec.resource.group: Invalid value: "a_b": a lowercase RFC 1123 sub'],
  ],
])('a spec: %j', (spec, wanted) => {
  const errors = new FieldErrors()
  storageversionmigrations.validate?.({ metadata: {}, spec } as KubeObject, errors, undefined as never)
  expect(told(errors).map((text, i) => text.slice(0, wanted[i]?.length))).toEqual(wanted)
})

const condition = (type: string, status: string) => ({
  type,
  status,
  reason: 'R',
  message: '',
  lastTransitionTime: '2024-01-02T03:04:05Z',
})

test.each<[string, object, object, string[]]>([
  ['as it was', { resourceVersion: '5' }, { resourceVersion: '5' }, []],
  [
    'another revision',
    { resourceVersion: '5' },
    { resourceVersion: '6' },
    ['status.resourceVersion: Invalid value: "6": field is immutable'],
  ],
  [
    'no revision',
    {},
    { resourceVersion: '05' },
    ['status.resourceVersion: Invalid value: "05": resource version is not well formed: 05'],
  ],
])('a status: %s', (_, before, status, wanted) => {
  const errors = new FieldErrors()
  const object = { metadata: {}, status } as KubeObject
  storageversionmigrations.validateStatusUpdate?.(object, { metadata: {}, status: before }, errors, undefined as never)
  expect(told(errors)).toEqual(wanted)
})

test('success and failure are for good, and not both', () => {
  const errors = new FieldErrors()
  const of = (...conditions: object[]) => ({ metadata: {}, status: { conditions } }) as KubeObject
  const judge = (next: KubeObject, old: KubeObject) =>
    storageversionmigrations.validateStatusUpdate?.(next, old, errors, undefined as never)
  judge(of(condition('Succeeded', 'True'), condition('Failed', 'True')), of())
  judge(of(), of(condition('Succeeded', 'True')))
  judge(of(condition('Failed', 'Unknown')), of(condition('Failed', 'True')))
  expect(told(errors).map((text) => text.split(': ').at(-1))).toEqual([
    'Both success and failed conditions cannot be true at the same time',
    'Success condition cannot be set to false once it is true',
    'Failed condition cannot be set to false once it is true',
  ])
})
