import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RequestInfo, UserInfo } from '../http/index.js'
import type { FlowSchemaSpec } from '../registry/index.js'
import { Classifier } from './classifier.js'
import { FlowCounts } from './counts.js'
import type { FlowSchema } from './flow.js'
import { compileRules } from './matching.js'
import { infoOf, levelWith, silentFlow, userNamed, VirtualClock } from './testing.js'

type Rule = NonNullable<FlowSchemaSpec['rules']>[number]
const level = levelWith({ queues: 16, handSize: 2, queueLengthLimit: 5 }, 10, new VirtualClock())

const schemaOf = (name: string, rules: Rule[], more: Partial<FlowSchema> = {}): FlowSchema => ({
  name,
  uid: '',
  precedence: 1,
  distinguisher: 'ByUser',
  rules: compileRules(rules),
  level,
  counts: new FlowCounts('level', name, silentFlow),
  ...more,
})

const everybody = { subjects: [{ kind: 'Group', group: { name: '*' } }] }
const matches = (rule: Rule, user: UserInfo, info: RequestInfo): boolean =>
  new Classifier([schemaOf('it', [rule]), schemaOf('catch-all', [])]).classify(user, info).schema.name === 'it'

describe('subjects', () => {
  const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }]
  const account = (namespace: string, name: string) => ({ kind: 'ServiceAccount', serviceAccount: { namespace, name } })
  test.each<[NonNullable<Rule['subjects']>[number], string, boolean]>([
    [{ kind: 'User', user: { name: 'ann' } }, 'ann', true],
    [{ kind: 'User', user: { name: 'ann' } }, 'anna', false],
    [{ kind: 'User', user: { name: '*' } }, 'anna', true],
    [{ kind: 'Group', group: { name: 'system:authenticated' } }, 'ann', true],
    [{ kind: 'Group', group: { name: 'others' } }, 'ann', false],
    [{ kind: 'Group', group: { name: '*' } }, 'ann', true],
    [account('ns', 'sa'), 'system:serviceaccount:ns:sa', true],
    [account('ns', 'sa'), 'system:serviceaccount:ns:sab', false],
    [account('ns', '*'), 'system:serviceaccount:ns:sab', true],
    [account('ns', '*'), 'system:serviceaccount:nsx:sab', false],
    [account('ns', '*'), 'ns:sab', false],
    [{ kind: 'Robot', user: { name: '*' } }, 'ann', false],
  ])('%j: %s %s', (subject, name, expected) =>
    expect(matches({ subjects: [subject], resourceRules }, userNamed(name), infoOf())).toBe(expected),
  )
})

describe('resource rules', () => {
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods', 'pods/log'], namespaces: ['ns'] }
  test.each<[object, Partial<RequestInfo>, boolean]>([
    [{}, {}, true],
    [{}, { verb: 'list' }, false],
    [{ verbs: ['*'] }, { verb: 'list' }, true],
    // A star that is not alone is none.
    [{ verbs: ['*', 'get'] }, { verb: 'list' }, false],
    [{}, { apiGroup: 'apps' }, false],
    [{ apiGroups: ['*'] }, { apiGroup: 'apps' }, true],
    [{}, { subresource: 'log' }, true],
    [{}, { subresource: 'exec' }, false],
    [{ resources: ['*'] }, { subresource: 'exec' }, true],
    [{}, { namespace: 'other' }, false],
    [{ namespaces: ['*'] }, { namespace: 'other' }, true],
    [{ namespaces: ['*'] }, { namespace: '' }, false],
    [{ clusterScope: true, namespaces: null }, { namespace: '' }, true],
    [{ clusterScope: true, namespaces: null }, { namespace: 'ns' }, false],
    [{}, { isResourceRequest: false }, false],
  ])('%j on %j: %s', (more, info, expected) =>
    expect(matches({ ...everybody, resourceRules: [{ ...rule, ...more }] }, userNamed('a'), infoOf(info))).toBe(
      expected,
    ),
  )
})

describe('rules for other paths', () => {
  test.each<[string[], string, boolean]>([
    [['/healthz'], '/healthz', true],
    [['/healthz'], '/healthz/etcd', true],
    [['/healthz'], '/healthzy', false],
    [['/a/*'], '/a/b', true],
    [['/a/*'], '/ab', false],
    [['*'], '/x', true],
    [['/'], '/x', true],
  ])('%j on %s: %s', (nonResourceURLs, path, expected) => {
    const rule = { ...everybody, nonResourceRules: [{ verbs: ['get'], nonResourceURLs }] }
    expect(matches(rule, userNamed('a'), infoOf({ isResourceRequest: false, path }))).toBe(expected)
    expect(matches(rule, userNamed('a'), infoOf({ isResourceRequest: false, path, verb: 'post' }))).toBe(false)
    expect(matches(rule, userNamed('a'), infoOf({ path }))).toBe(false)
  })
})

const words = fc.constantFrom('a', 'b', 'c', '*')
const lists = fc.uniqueArray(words, { minLength: 1, maxLength: 3 })
const randomRule = fc.record({
  subjects: fc.array(
    fc.oneof(
      words.map((name) => ({ kind: 'User', user: { name } })),
      words.map((name) => ({ kind: 'Group', group: { name } })),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  resourceRules: fc.array(
    fc.record({ verbs: lists, apiGroups: lists, resources: lists, namespaces: lists, clusterScope: fc.boolean() }),
    { maxLength: 2 },
  ),
})
const request = fc.record({
  verb: words,
  apiGroup: words,
  resource: words,
  subresource: fc.constantFrom('', 'a'),
  namespace: fc.constantFrom('', 'a', 'b'),
})

/** Word by word what the documentation of FlowSchema says, without anything remembered. */
function naive(rules: Rule[], user: UserInfo, info: RequestInfo): boolean {
  const has = (list: readonly string[] | null | undefined, word: string) =>
    list?.includes(word) === true || (list?.length === 1 && list[0] === '*')
  return rules.some(
    ({ subjects = [], resourceRules = [] }) =>
      subjects.some((one) =>
        one.kind === 'User'
          ? one.user!.name === '*' || one.user!.name === user.name
          : one.group!.name === '*' || user.groups.includes(one.group!.name!),
      ) &&
      resourceRules.some(
        (rule) =>
          has(rule.verbs, info.verb) &&
          has(rule.apiGroups, info.apiGroup) &&
          has(rule.resources, info.resource + (info.subresource && `/${info.subresource}`)) &&
          (info.namespace === '' ? rule.clusterScope : has(rule.namespaces, info.namespace)),
      ),
  )
}

test('the first schema that matches is found, first time and again, for objects seen before and for their like', () => {
  const people = fc.array(fc.record({ name: words, groups: fc.uniqueArray(words, { maxLength: 2 }) }), { minLength: 1 })
  fc.assert(
    fc.property(
      fc.array(fc.array(randomRule, { maxLength: 3 }), { maxLength: 6 }),
      people,
      fc.array(request),
      (all, users, requests) => {
        const schemas = all.map((rules, i) => schemaOf(`s${i}`, rules))
        const classifier = new Classifier([...schemas, schemaOf('catch-all', [])])
        for (const user of users)
          for (const more of requests) {
            const info = infoOf(more)
            const index = all.findIndex((rules) => naive(rules, user, info))
            const expected = index < 0 ? 'catch-all' : `s${index}`
            for (const same of [user, user, { ...user }]) {
              const flow = classifier.classify(same, info)
              expect([flow.schema.name, flow.distinguisher]).toEqual([expected, user.name])
            }
          }
      },
    ),
  )
})

test('flows are told apart by what the schema says', () => {
  const rules = [
    {
      ...everybody,
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
    },
  ]
  const of = (distinguisher: FlowSchema['distinguisher']) =>
    new Classifier([schemaOf('it', rules, { distinguisher }), schemaOf('catch-all', [])])
  const ann = userNamed('ann')
  const byNamespace = of('ByNamespace')
  expect(byNamespace.classify(ann, infoOf({ namespace: 'x' })).distinguisher).toBe('x')
  expect(byNamespace.classify(ann, infoOf({ namespace: 'x' }))).toBe(
    byNamespace.classify(userNamed('bob'), infoOf({ namespace: 'x' })),
  )
  expect(of('ByUser').classify(ann, infoOf()).distinguisher).toBe('ann')
  expect(of(undefined).classify(ann, infoOf()).distinguisher).toBe('')
})
