import { expect, test } from 'vitest'
import { partialMetadata } from './partial-metadata.js'

const generation = 'deprecated.daemonset.template.generation'
const shown = (kind: string, annotations: Record<string, string>) =>
  partialMetadata({ kind, apiVersion: 'apps/v1', metadata: { name: 'a', annotations, labels: {} }, spec: {} }, 'v1')

test('only metadata', () => {
  expect(shown('Deployment', { a: 'b' })).toEqual({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { name: 'a', annotations: { a: 'b' }, labels: {} },
  })
})

test('annotations that stand for fields of the kind are no metadata', () => {
  expect(shown('DaemonSet', { [generation]: '1' }).metadata).toEqual({ name: 'a', labels: {} })
  expect(shown('DaemonSet', { [generation]: '1', a: 'b' }).metadata.annotations).toEqual({ a: 'b' })
  expect(shown('ControllerRevision', { [generation]: '1' }).metadata.annotations).toEqual({ [generation]: '1' })
})
