import { expect, it } from 'vitest'
import { named } from '../testing.js'
import { collectParams, type ParamRef, type ParamResource } from './params.js'

const param = (name: string, namespace: string, labels = {}) => named(name, { metadata: { name, namespace, labels } })
const all = [param('a', 'ns', { use: 'me' }), param('b', 'ns', { use: 'me' }), param('c', 'other')]
const resource = (namespaced = true): ParamResource => ({
  namespaced,
  find: (namespace, name) =>
    all.find(({ metadata }) => metadata.name === name && (!namespaced || metadata.namespace === namespace)),
  list: (namespace) => all.filter(({ metadata }) => !namespaced || metadata.namespace === namespace),
})
const names = async (ref: ParamRef | undefined, namespace = 'ns', of: ParamResource | undefined = resource()) =>
  (await collectParams(of, ref, namespace)).map((found) => found?.metadata.name)

it('takes none, one, or all that are selected', async () => {
  expect(await names(undefined)).toEqual([undefined])
  expect(await collectParams(undefined, { name: 'a' }, 'ns')).toEqual([undefined])
  expect(await names({ name: 'a' })).toEqual(['a'])
  expect(await names({ name: 'c', namespace: 'other' })).toEqual(['c'])
  expect(await names({ selector: { matchLabels: { use: 'me' } } })).toEqual(['a', 'b'])
  expect(await names({ name: 'none', parameterNotFoundAction: 'Allow' })).toEqual([])
  expect(await names({ name: 'c' }, '', resource(false))).toEqual(['c'])
})

it.each([
  [{ name: 'none', parameterNotFoundAction: 'Deny' }, 'ns', 'no params found for policy binding with `Deny`'],
  [{ name: 'a' }, '', 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'],
  [{ name: 'a', selector: {} }, 'ns', 'paramRef.name and paramRef.selector are mutually exclusive'],
  [{}, 'ns', 'one of name or selector must be provided'],
])('%j in %s is an error', async (ref, namespace, message) => {
  await expect(names(ref, namespace)).rejects.toThrow(message)
})

it('does not take a namespace for what is in none', async () => {
  await expect(names({ name: 'a', namespace: 'ns' }, 'ns', resource(false))).rejects.toThrow(
    'paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
  )
})
