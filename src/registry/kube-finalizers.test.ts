import { expect, test } from 'vitest'
import { FieldErrors, type KubeObject } from '../api/index.js'
import { rulesOf } from './rules-of.js'

const problems = (group: string, resource: string, finalizers: string[]): string[] => {
  const errors = new FieldErrors()
  const object: KubeObject = { metadata: { name: 'a', finalizers } }
  rulesOf(group, resource).validateStatusUpdate?.(object, object, errors, undefined as never)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

test('finalizers are qualified, or standard ones', () => {
  const names = ['orphan', 'foregroundDeletion', 'kubernetes', 'example.com/a', 'plain']
  expect(problems('', 'configmaps', names)).toEqual([
    'metadata.finalizers[4]: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
  ])
})

test('an update tells all causes of kinds that upstream validates as new ones too, the text once', () => {
  const causesOf = (group: string, resource: string): number => {
    const errors = new FieldErrors()
    const object: KubeObject = { metadata: { name: 'a', namespace: 'b', finalizers: ['plain'] } }
    rulesOf(group, resource).validateUpdate?.(object, object, errors, undefined as never)
    expect(errors.message).toBe(
      'metadata.finalizers[0]: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
    )
    return errors.causes.length
  }
  expect(causesOf('', 'configmaps')).toBe(2)
  expect(causesOf('', 'serviceaccounts')).toBe(2)
  expect(causesOf('rbac.authorization.k8s.io', 'roles')).toBe(2)
  expect(causesOf('scheduling.k8s.io', 'priorityclasses')).toBe(1)
})

test('not where upstream does not ask for it', () => {
  expect(problems('coordination.k8s.io', 'leases', ['plain'])).toEqual([])
  expect(problems('', 'events', ['plain'])).toEqual([])
})
