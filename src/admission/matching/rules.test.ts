import { expect, it } from 'vitest'
import type { Operation } from '../admission.js'
import type { ObjectViews } from '../object-views.js'
import { attributesFor, named, objectsOf } from '../testing.js'
import { isAdmissionConfiguration, matchRules } from './rules.js'
import { namespaceSelected, objectSelected, selectorsOf } from './selectors.js'

const rule = (more: object = {}) => ({
  operations: ['CREATE'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['pods'],
  ...more,
})
const request = (resource: string, more: object = {}, operation: Operation = 'CREATE') =>
  attributesFor(operation, resource, named('n', {}), { namespace: 'ns', ...more })

it.each([
  [rule(), request('/pods'), true],
  [rule({ operations: ['UPDATE'] }), request('/pods'), false],
  [rule({ operations: ['*'] }), request('/pods', {}, 'CONNECT'), true],
  [rule({ apiGroups: ['apps'] }), request('/pods'), false],
  [rule({ apiGroups: ['*'], resources: ['*'] }), request('apps/deployments'), true],
  [rule({ apiVersions: ['v2'] }), request('/pods'), false],
  [rule(), request('/pods', { subresource: 'status' }), false],
  [rule({ resources: ['pods/*'] }), request('/pods', { subresource: 'status' }), true],
  [rule({ resources: ['pods/*'] }), request('/pods'), true],
  [rule({ resources: ['*/status'] }), request('/pods', { subresource: 'status' }), true],
  [rule({ resources: ['*/*'] }), request('/pods', { subresource: 'exec' }), true],
  [rule({ resources: ['*'] }), request('/pods', { subresource: 'exec' }), false],
  [rule({ scope: 'Cluster' }), request('/pods'), false],
  [rule({ scope: 'Namespaced' }), request('/pods'), true],
  [rule({ scope: 'Cluster', resources: ['namespaces'] }), request('/namespaces'), true],
  [rule({ scope: 'Namespaced', resources: ['namespaces'] }), request('/namespaces'), false],
  [rule({ scope: 'Cluster', resources: ['nodes'] }), request('/nodes', { namespace: '' }), true],
  [rule({ resourceNames: ['a'] }), request('/pods', { name: 'n' }), false],
  [rule({ resourceNames: ['a', 'n'] }), request('/pods', { name: 'n' }), true],
])('%j', (rule, attributes, matches) => {
  expect(matchRules([rule], 'Exact', attributes) !== undefined).toBe(matches)
})

it('finds the same objects under another name, if that is wanted', () => {
  const other = {
    resource: { group: 'extensions', version: 'v1beta1', resource: 'ingresses' },
    kind: { group: 'extensions', version: 'v1beta1', kind: 'Ingress' },
  }
  const own = {
    resource: { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' },
    kind: { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' },
  }
  const views = { equivalents: [own, other] } as unknown as ObjectViews
  const attributes = request('networking.k8s.io/ingresses', { views, ...own })
  const old = rule({ apiGroups: ['extensions'], apiVersions: ['v1beta1'], resources: ['ingresses'] })
  expect(matchRules([old], 'Exact', attributes)).toBeUndefined()
  expect(matchRules([old], 'Equivalent', attributes)).toEqual(other)
  const all = rule({ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] })
  expect(matchRules([old, all], 'Equivalent', attributes)).toEqual(own)
})

it('leaves alone what it is configured by', () => {
  const kind = { group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy' }
  expect(isAdmissionConfiguration(request('a/b', { kind }))).toBe(true)
  expect(isAdmissionConfiguration(request('a/b', { kind: { ...kind, group: 'other' } }))).toBe(false)
})

const labelled = (labels: object) => named('x', { metadata: { name: 'x', labels } })
const { objects, namespaces } = selectorsOf({
  objectSelector: { matchLabels: { a: 'b' } },
  namespaceSelector: { matchLabels: { env: 'prod' } },
})

it('selects objects by what they are or were', () => {
  expect(objectSelected(objects, labelled({ a: 'b' }), undefined)).toBe(true)
  expect(objectSelected(objects, labelled({}), labelled({ a: 'b' }))).toBe(true)
  expect(objectSelected(objects, labelled({}), labelled({}))).toBe(false)
  expect(objectSelected(objects, { kind: 'PodExecOptions' } as never, undefined)).toBe(false)
  expect(objectSelected(selectorsOf({}).objects, undefined, undefined)).toBe(true)
})

it('selects namespaces by the labels they have, or will have', () => {
  const reader = objectsOf({ '/namespaces': [named('ns', { metadata: { name: 'ns', labels: { env: 'prod' } } })] })
  const selected = (attributes: ReturnType<typeof request>) =>
    namespaceSelected(namespaces, attributes, attributes.object, reader)
  expect(selected(request('/pods'))).toBe(true)
  expect(selected(request('/nodes', { namespace: '' }))).toBe(true)
  expect(() => selected(request('/pods', { namespace: 'gone' }))).toThrow('namespaces "gone" not found')
  expect(selected(request('/namespaces', { namespace: 'ns', object: labelled({}) }, 'UPDATE'))).toBe(false)
  expect(selected(request('/namespaces', { namespace: 'ns', object: undefined }, 'DELETE'))).toBe(true)
})

it('objects that are none are selected by no selector but the empty one', () => {
  const options = { kind: 'PodExecOptions' } as unknown as Parameters<typeof objectSelected>[1]
  const absent = { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }
  expect(objectSelected(selectorsOf({}).objects, options, undefined)).toBe(true)
  expect(objectSelected(selectorsOf({ objectSelector: absent }).objects, options, undefined)).toBe(false)
  expect(objectSelected(selectorsOf({ objectSelector: absent }).objects, named('n', {}), undefined)).toBe(true)
})
