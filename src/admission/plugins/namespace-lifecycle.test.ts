import { describe, expect, it } from 'vitest'
import type { AdmissionAttributes, Operation } from '../admission.js'
import { attributesFor, named } from '../testing.js'
import { namespaceLifecycle } from './namespace-lifecycle.js'

const plugin = namespaceLifecycle((name) =>
  name === 'gone' ? undefined : named(name, { status: { phase: name === 'ending' ? 'Terminating' : 'Active' } }),
)
const ask = (operation: Operation, resource: string, more: Partial<AdmissionAttributes>) => () =>
  plugin.admit!(attributesFor(operation, resource, named('a'), more))
const ofNamespaces = { kind: { group: '', version: 'v1', kind: 'Namespace' } }

describe('namespaces', () => {
  it.each<[string, Operation, string, Partial<AdmissionAttributes>]>([
    ['are written to', 'CREATE', '/configmaps', { namespace: 'n' }],
    ['are changed while they end', 'UPDATE', '/configmaps', { namespace: 'ending' }],
    ['are emptied, even if they are gone', 'DELETE', '/configmaps', { namespace: 'gone' }],
    ['are deleted', 'DELETE', '/namespaces', { ...ofNamespaces, name: 'n', namespace: 'n' }],
    ['are created', 'CREATE', '/namespaces', { ...ofNamespaces, name: 'gone', namespace: 'gone' }],
    [
      'need not be there for a review',
      'CREATE',
      'authorization.k8s.io/localsubjectaccessreviews',
      { namespace: 'gone' },
    ],
  ])('%s', (_, operation, resource, more) => expect(ask(operation, resource, more)).not.toThrow())

  it.each<[string, Operation, string, Partial<AdmissionAttributes>]>([
    ['namespaces "gone" not found', 'CREATE', '/configmaps', { namespace: 'gone' }],
    [
      'configmaps "a" is forbidden: unable to create new content in namespace ending because it is being terminated',
      'CREATE',
      '/configmaps',
      { namespace: 'ending' },
    ],
    [
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
      'DELETE',
      '/namespaces',
      { ...ofNamespaces, name: 'kube-system' },
    ],
  ])('%s', (why, operation, resource, more) => expect(ask(operation, resource, more)).toThrow(why))
})
