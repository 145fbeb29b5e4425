import { expect, test } from 'vitest'
import type { ResourceRules } from '../registry/index.js'
import { selectionOf } from './selectors.js'

type Parameters_ = Parameters<typeof selectionOf>

const select = (rules: ResourceRules, fieldSelector: string): string => {
  const scope = { resource: { rules, namespaced: true }, version: { apiVersion: 'a.test/v1', kind: 'A' } }
  const context = { info: { name: '' } }
  try {
    selectionOf(
      scope as never as Parameters_[0],
      context as never as Parameters_[1],
      {
        labelSelector: '',
        fieldSelector,
      } as Parameters_[2],
    )
    return 'taken'
  } catch (error) {
    return (error as Error).message
  }
}

const refuseField = (field: string): string => `no ${field}`
test.each<[ResourceRules, string, string]>([
  [{}, 'metadata.namespace=x', 'taken'],
  [{ fields: { 'spec.a': () => '' }, refuseField }, 'metadata.namespace=x', 'taken'],
  [{ fields: { 'spec.a': () => '' }, refuseField }, 'spec.a=x,metadata.name!=y', 'taken'],
  [{ fields: { 'spec.a': () => '' }, refuseField }, 'spec.b=x', 'no spec.b'],
  [{ fields: { 'spec.a': () => '' }, refuseField, refusesNamespaceField: true }, 'spec.a=x', 'taken'],
  [
    { fields: { 'spec.a': () => '' }, refuseField, refusesNamespaceField: true },
    'metadata.namespace=x',
    'no metadata.namespace',
  ],
])('%j %s', (rules, fields, want) => expect(select(rules, fields)).toBe(want))
