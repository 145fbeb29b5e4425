import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { UserInfo } from '../../http/index.js'
import type { Attributes } from '../authorizer.js'
import type { PolicyRule } from './policy-rule.js'
import { RbacAuthorizer } from './rbac-authorizer.js'
import type { RbacKind } from './rbac-index.js'

interface Policy {
  readonly kind: RbacKind
  readonly object: KubeObject
}

/** A small generator with a fixed seed: the table is the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const namespaces = ['a', 'b', 'c']
const users = ['jane', 'bob', 'system:serviceaccount:a:sa', 'system:serviceaccount:b:sa', 'eve']
const groups = ['devs', 'ops', 'system:serviceaccounts']
const verbs = ['get', 'list', 'watch', 'create', 'delete', '']
const apiGroups = ['', 'apps']
const resources = ['pods', 'configmaps', 'deployments']
const subresources = ['', 'status', 'log']
const names = ['', 'x', 'y']
const paths = ['/metrics', '/debug/x', '/debug', '/healthz', '/healthz/ping']

function policies(seed: number, roles: number, bindings: number): Policy[] {
  const next = random(seed)
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!
  const some = <T>(list: readonly T[], all: T): T[] => (next(8) === 0 ? [all] : list.filter(() => next(2) === 0))
  const rule = (cluster: boolean): PolicyRule =>
    cluster && next(4) === 0
      ? { verbs: some(verbs, '*'), nonResourceURLs: [pick([...paths, '*', '/debug/*', '/healthz*'])] }
      : {
          verbs: some(verbs, '*'),
          apiGroups: some(apiGroups, '*'),
          resources: some(['pods', 'configmaps', 'deployments', 'pods/log', '*/status', 'deployments/status'], '*'),
          ...(next(3) === 0 ? { resourceNames: [pick(['x', 'y'])] } : {}),
        }
  const subject = () =>
    pick([
      () => ({ kind: 'User', name: pick(users) }),
      () => ({ kind: 'Group', name: pick(groups) }),
      () => ({ kind: 'ServiceAccount', name: 'sa', ...(next(2) === 0 ? { namespace: pick(['a', 'b']) } : {}) }),
    ])()
  const made: Policy[] = []
  for (let i = 0; i < roles; i++) {
    const cluster = next(2) === 0
    const metadata = cluster ? { name: `r${i}` } : { name: `r${i}`, namespace: pick(namespaces) }
    const rules = Array.from({ length: 1 + next(3) }, () => rule(cluster))
    made.push({ kind: cluster ? 'ClusterRole' : 'Role', object: { metadata, rules } })
  }
  for (let i = 0; i < bindings; i++) {
    const cluster = next(3) === 0
    const roleRef = { kind: cluster || next(2) === 0 ? 'ClusterRole' : 'Role', name: `r${next(roles + 1)}` }
    const metadata = cluster ? { name: `b${i}` } : { name: `b${i}`, namespace: pick(namespaces) }
    const subjects = Array.from({ length: 1 + next(2) }, subject)
    made.push({ kind: cluster ? 'ClusterRoleBinding' : 'RoleBinding', object: { metadata, roleRef, subjects } })
  }
  return made
}

/** The rules as the documentation tells them, object by object, with no index: what the authorizer is held against. */
function slowly(all: readonly Policy[], asked: Attributes): boolean {
  const has = (list: readonly string[] | undefined, one: string) =>
    (list ?? []).some((item) => item === '*' || item === one)
  const matches = (rule: PolicyRule): boolean => {
    if (!has(rule.verbs, asked.verb)) return false
    if (!asked.isResourceRequest) {
      return (rule.nonResourceURLs ?? []).some(
        (url) => url === asked.path || (url.endsWith('*') && asked.path.startsWith(url.slice(0, -1))),
      )
    }
    const full = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`
    const resource = (rule.resources ?? []).some(
      (one) => one === '*' || one === full || (asked.subresource !== '' && one === `*/${asked.subresource}`),
    )
    const name = (rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(asked.name)
    return has(rule.apiGroups, asked.apiGroup) && resource && name
  }
  return all.some(({ kind, object }) => {
    if (kind !== 'ClusterRoleBinding' && kind !== 'RoleBinding') return false
    const scope = object.metadata.namespace ?? ''
    if (kind === 'RoleBinding' && (asked.namespace === '' || scope !== asked.namespace)) return false
    const bound = (object.subjects as { kind: string; name: string; namespace?: string }[]).some((subject) => {
      if (subject.kind === 'User') return subject.name === asked.user.name
      if (subject.kind === 'Group') return asked.user.groups.includes(subject.name)
      const home = subject.namespace ?? scope
      return home !== '' && asked.user.name === `system:serviceaccount:${home}:${subject.name}`
    })
    if (!bound) return false
    const role = all.find(
      (one) =>
        one.kind === object.roleRef.kind &&
        one.object.metadata.name === object.roleRef.name &&
        (one.kind === 'ClusterRole' || one.object.metadata.namespace === scope),
    )
    return ((role?.object.rules ?? []) as PolicyRule[]).some(matches)
  })
}

function questions(seed: number, count: number): Attributes[] {
  const next = random(seed)
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!
  return Array.from({ length: count }, () => {
    const isResourceRequest = next(6) !== 0
    const user: UserInfo = { name: pick(users), groups: groups.filter(() => next(3) === 0) }
    const nothing = { apiGroup: '', apiVersion: '', resource: '', subresource: '', namespace: '', name: '' }
    return {
      user,
      verb: pick(verbs),
      isResourceRequest,
      fieldSelector: '',
      labelSelector: '',
      path: isResourceRequest ? '/irrelevant' : pick(paths),
      ...(isResourceRequest
        ? {
            apiGroup: pick(apiGroups),
            apiVersion: 'v1',
            resource: pick(resources),
            subresource: pick(subresources),
            namespace: pick(['', ...namespaces]),
            name: pick(names),
          }
        : nothing),
    }
  })
}

function filled(all: readonly Policy[]): RbacAuthorizer {
  const rbac = new RbacAuthorizer()
  for (const { kind, object } of all) rbac.set(kind, object)
  return rbac
}

const ask = (user: UserInfo, more: Partial<Attributes>): Attributes => ({
  user,
  verb: 'get',
  isResourceRequest: true,
  apiGroup: '',
  apiVersion: 'v1',
  resource: 'pods',
  subresource: '',
  namespace: 'a',
  name: '',
  path: '/',
  fieldSelector: '',
  labelSelector: '',
  ...more,
})
const jane: UserInfo = { name: 'jane', groups: ['devs', 'system:authenticated'] }

describe('RbacAuthorizer', () => {
  const table = Array.from({ length: 6 }, (_, seed) => ({
    seed,
    all: policies(seed, 20, 50),
    asked: questions(seed + 100, 80),
  }))
  let allowed = 0
  let total = 0
  for (const { seed, all, asked } of table) {
    const rbac = filled(all)
    test.each(asked)(
      `policy ${seed}: $user.name $verb $apiGroup/$resource/$subresource $namespace $name $path`,
      (one) => {
        const want = slowly(all, one)
        total++
        if (want) allowed++
        expect(rbac.authorize(one).verdict).toBe(want ? 'allow' : 'none')
      },
    )
  }
  test('the table asks for both answers', () => {
    expect(total).toBeGreaterThanOrEqual(300)
    expect(allowed).toBeGreaterThan(total / 10)
    expect(allowed).toBeLessThan((total * 9) / 10)
  })

  test('after any sequence of changes it decides as if made anew', () => {
    const rbac = new RbacAuthorizer()
    const live = new Map<string, Policy>()
    const next = random(7)
    for (let step = 0; step < 300; step++) {
      const all = policies(next(1000), 3, 3)
      const policy = all[next(all.length)]!
      const { namespace = '', name = '' } = policy.object.metadata
      const key = `${policy.kind}/${namespace}/${name}`
      if (next(3) === 0) {
        live.delete(key)
        rbac.delete(policy.kind, namespace, name)
      } else {
        live.set(key, policy)
        rbac.set(policy.kind, policy.object)
      }
      for (const one of questions(step, 6)) {
        expect(rbac.authorize(one).verdict).toBe(slowly([...live.values()], one) ? 'allow' : 'none')
      }
    }
  })

  test('a missing role is told, once for each text', () => {
    const rbac = new RbacAuthorizer()
    const subjects = [{ kind: 'User', name: 'jane' }]
    const bind = (name: string, kind: string, role: string): void =>
      rbac.set('RoleBinding', { metadata: { name, namespace: 'a' }, roleRef: { kind, name: role }, subjects })
    bind('one', 'ClusterRole', 'none')
    expect(rbac.authorize(ask(jane, {}))).toEqual({
      verdict: 'none',
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "none" not found',
    })
    bind('two', 'ClusterRole', 'none')
    bind('three', 'Role', 'gone')
    expect(rbac.authorize(ask(jane, {})).reason).toBe(
      'RBAC: [clusterrole.rbac.authorization.k8s.io "none" not found, role.rbac.authorization.k8s.io "gone" not found]',
    )
    expect(rbac.authorize(ask(jane, { namespace: 'b' })).reason).toBe('')
  })

  test('the reason of an allowed request names binding, role and subject', () => {
    const rbac = new RbacAuthorizer()
    rbac.set('ClusterRole', { metadata: { name: 'r' }, rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] })
    const subjects = [
      { kind: 'ServiceAccount', name: 'sa' },
      { kind: 'Group', name: 'devs' },
    ]
    rbac.set('RoleBinding', {
      metadata: { name: 'b', namespace: 'a' },
      roleRef: { kind: 'ClusterRole', name: 'r' },
      subjects,
    })
    expect(rbac.authorize(ask(jane, {})).reason).toBe(
      'RBAC: allowed by RoleBinding "b/a" of ClusterRole "r" to Group "devs"',
    )
    const sa = { name: 'system:serviceaccount:a:sa', groups: [] }
    expect(rbac.authorize(ask(sa, {})).reason).toBe(
      'RBAC: allowed by RoleBinding "b/a" of ClusterRole "r" to ServiceAccount "sa/a"',
    )
  })

  test('rulesFor tells cluster rules before local ones, apart by sort', () => {
    const rbac = new RbacAuthorizer()
    const subjects = [{ kind: 'User', name: 'jane' }]
    rbac.set('ClusterRole', { metadata: { name: 'c' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] })
    rbac.set('Role', {
      metadata: { name: 'r', namespace: 'a' },
      rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    })
    rbac.set('ClusterRoleBinding', { metadata: { name: 'c' }, roleRef: { kind: 'ClusterRole', name: 'c' }, subjects })
    rbac.set('RoleBinding', { metadata: { name: 'r', namespace: 'a' }, roleRef: { kind: 'Role', name: 'r' }, subjects })
    expect(rbac.rulesFor(jane, 'a')).toEqual({
      resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: [] }],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
      incomplete: false,
      errors: [],
    })
    expect(rbac.rulesFor(jane, 'b').resourceRules).toEqual([])
  })

  test('a decision among 2,000 roles and 5,000 bindings takes a few microseconds', () => {
    const rbac = filled(policies(1, 2000, 5000))
    const asked = questions(5, 64)
    const round = (): number => {
      const start = process.hrtime.bigint()
      for (const one of asked) rbac.authorize(one)
      return Number(process.hrtime.bigint() - start) / asked.length
    }
    const times = Array.from({ length: 200 }, round).sort((a, b) => a - b)
    // 5 µs is the aim; the margin is for busy machines
    expect(times[100]).toBeLessThan(50_000)
  })
})
