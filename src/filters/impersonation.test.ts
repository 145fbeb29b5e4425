import { describe, expect, test } from 'vitest'
import { ApiError } from '../api/index.js'
import type { Attributes, Authorizer } from '../authz/index.js'
import { parseRequestInfo } from '../endpoints/index.js'
import type { Exchange, RequestContext, UserInfo } from '../http/index.js'
import { impersonation } from './impersonation.js'

const jane: UserInfo = { name: 'jane', groups: ['system:authenticated'] }

/** `verb group/resource/subresource namespace/name`, empty parts left out. */
const told = ({ verb, apiGroup, resource, subresource, namespace, name }: Attributes): string =>
  `${verb} ${apiGroup}/${resource}${subresource === '' ? '' : `/${subresource}`} ${namespace === '' ? '' : `${namespace}/`}${name}`

function recording(...rights: string[]): Authorizer & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    authorize(attributes) {
      asked.push(told(attributes))
      return { verdict: rights.includes(told(attributes)) ? 'allow' : 'none', reason: '' }
    },
  }
}

type Headers = Readonly<Record<string, string | readonly string[]>>

function contextOf(given: Headers, user = jane): RequestContext {
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value].flat().join(', ')]))
  const exchange = {
    headers,
    header: () => {},
    headerValues: (name: string) => (headers[name] === undefined ? [] : [given[name]!].flat()),
  } as unknown as Exchange
  return { exchange, user, info: parseRequestInfo('GET', '/api/v1/namespaces/ns/pods', '') } as RequestContext
}

async function become(
  authorizer: Authorizer,
  given: Headers,
  { user = jane, filter = impersonation(authorizer, true) } = {},
) {
  const context = contextOf(given, user)
  try {
    await filter(() => {})(context)
    return { user: context.user, left: Object.keys(context.exchange.headers) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${error.code} ${error.message}`
  }
}

const onPods = (mode: string) => `impersonate-on:${mode}:list /pods ns/`
const identity = 'authentication.k8s.io'

describe('impersonation', () => {
  test('is not tried without headers', async () => {
    const authorizer = recording()
    expect(await become(authorizer, { accept: 'x' })).toEqual({ user: jane, left: ['accept'] })
    expect(await become(authorizer, { 'impersonate-user': '' })).toMatchObject({ user: jane })
    expect(authorizer.asked).toEqual([])
  })

  test('of old needs a right to every part of the identity, and leaves no header behind', async () => {
    const authorizer = recording(
      'impersonate /users alice',
      'impersonate /groups a',
      'impersonate /groups b',
      `impersonate ${identity}/uids u`,
      `impersonate ${identity}/userextras/acme.io/x 1`,
    )
    const headers = {
      'impersonate-user': 'alice',
      'impersonate-group': ['a', 'b'],
      'impersonate-uid': 'u',
      'impersonate-extra-acme.io%2fx': '1',
    }
    expect(await become(authorizer, headers)).toEqual({
      user: { name: 'alice', uid: 'u', groups: ['a', 'b', 'system:authenticated'], extra: { 'acme.io/x': ['1'] } },
      left: [],
    })
  })

  test.each([
    [
      'a service account',
      'system:serviceaccount:n:s',
      'impersonate /serviceaccounts n/s',
      ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'],
    ],
    ['nobody', 'system:anonymous', 'impersonate /users system:anonymous', ['system:unauthenticated']],
    [
      'what only looks like an account',
      'system:serviceaccount:N_:s',
      'impersonate /users system:serviceaccount:N_:s',
      ['system:authenticated'],
    ],
  ])('makes %s what it is', async (_, name, right, groups) => {
    expect(await become(recording(right), { 'impersonate-user': name })).toMatchObject({ user: { name, groups } })
  })

  test.each([
    ['user-info', 'alice', `impersonate:user-info ${identity}/users alice`, ['system:authenticated']],
    [
      'serviceaccount',
      'system:serviceaccount:n:s',
      `impersonate:serviceaccount ${identity}/serviceaccounts n/s`,
      ['system:serviceaccounts', 'system:serviceaccounts:n', 'system:authenticated'],
    ],
    [
      'arbitrary-node',
      'system:node:n1',
      `impersonate:arbitrary-node ${identity}/nodes n1`,
      ['system:nodes', 'system:authenticated'],
    ],
  ])('as %s needs the identity and the request', async (mode, name, right, groups) => {
    const headers = { 'impersonate-user': name }
    expect(await become(recording(right, onPods(mode)), headers)).toMatchObject({ user: { name, groups } })
    expect(await become(recording(right), headers)).toBe(
      `403 pods is forbidden: User "jane" cannot impersonate-on:${mode}:list resource "pods" in API group "" in the namespace "ns"`,
    )
    expect(await become(recording(onPods(mode)), headers)).toMatch(/^403 .* cannot impersonate:/)
  })

  test('of its own node needs a right to any', async () => {
    const key = 'authentication.kubernetes.io/node-name'
    const user = { name: 'system:serviceaccount:n:agent', groups: [], extra: { [key]: ['n1'] } }
    const rights = [onPods('associated-node'), `impersonate:associated-node ${identity}/nodes *`]
    expect(await become(recording(...rights), { 'impersonate-user': 'system:node:n1' }, { user })).toMatchObject({
      user: { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
    })
    expect(await become(recording(...rights), { 'impersonate-user': 'system:node:n2' }, { user })).toMatch(/^403/)
  })

  test('under constraint never makes masters, and asks for all of many groups first', async () => {
    const rights = [onPods('user-info'), `impersonate:user-info ${identity}/users alice`]
    const masters = recording(...rights, `impersonate:user-info ${identity}/groups system:masters`)
    expect(await become(masters, { 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' })).toBe(
      '403 groups.authentication.k8s.io "system:masters" is forbidden: User "jane" cannot impersonate:user-info resource "groups" in API group "authentication.k8s.io" at the cluster scope: impersonating the system:masters group is not allowed',
    )
    const all = recording(...rights, `impersonate:user-info ${identity}/groups *`)
    const groups = ['a', 'b', 'c', 'd']
    expect(await become(all, { 'impersonate-user': 'alice', 'impersonate-group': groups })).toMatchObject({
      user: { groups: [...groups, 'system:authenticated'] },
    })
  })

  test('tries the mode that worked last first, and tells its refusal', async () => {
    const authorizer = recording('impersonate /users alice')
    const filter = impersonation(authorizer, true)
    await become(authorizer, { 'impersonate-user': 'alice' }, { filter })
    authorizer.asked.length = 0
    expect(await become(authorizer, { 'impersonate-user': 'bob' }, { filter })).toBe(
      '403 users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
    expect(authorizer.asked[0]).toBe('impersonate /users bob')
  })

  test('without a user name is a bad request, printed as upstream prints it', async () => {
    expect(await become(recording(), { 'impersonate-group': ['g'], 'impersonate-extra-scopes': ['v'] })).toBe(
      '400 requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string{"scopes":[]string{"v"}}} without impersonating a user name',
    )
  })

  test('with the gate off knows the old mode alone', async () => {
    const authorizer = recording()
    await become(authorizer, { 'impersonate-user': 'alice' }, { filter: impersonation(authorizer, false) })
    expect(authorizer.asked).toEqual(['impersonate /users alice'])
  })
})

test('a constrained verdict is kept, but for the same request and user alone', async () => {
  const asked: string[] = []
  const authorizer: Authorizer = {
    authorize(attributes) {
      asked.push(attributes.verb)
      return { verdict: attributes.verb.startsWith('impersonate') ? 'allow' : 'none', reason: '' }
    },
  }
  const filter = impersonation(authorizer, true)
  const once = async (name: string, user = jane): Promise<number> => {
    asked.length = 0
    await become(authorizer, { 'impersonate-user': name }, { filter, user })
    return asked.length
  }
  expect([await once('alice'), await once('alice')]).toEqual([2, 0])
  expect(await once('bob')).toBe(2)
  expect(await once('alice', { ...jane, uid: 'other' })).toBe(2)
})
