import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
} from './access-reviews.js'
import type { AccessQuestion } from './environment.js'
import { selfSubjectReviews, type TokenVerdict, tokenReviews } from './identity-reviews.js'
import { type Bench, jane, openBench, post, refusal } from './testing.js'

let bench: Bench
let asked: AccessQuestion | undefined
beforeAll(async () => {
  bench = await openBench((question) => {
    asked = question
    return { verdict: question.verb === 'get' ? 'allow' : question.verb === 'no' ? 'deny' : 'none', reason: 'because' }
  })
})
afterAll(() => bench.close())

const get = { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'ns' } }
const listWith = (selectors: object) => ({
  user: 'u',
  resourceAttributes: { verb: 'get', resource: 'pods', ...selectors },
})

describe('access reviews', () => {
  test('ask for the user they name, or for the one who asks', async () => {
    const sar = subjectAccessReviews(bench.environment)
    const body = { spec: { user: 'u', groups: ['g'], extra: { k: ['v'] }, ...get } }
    expect((await post(sar, '', body)).status).toEqual({ allowed: true, reason: 'because' })
    expect(asked).toMatchObject({ user: { name: 'u', groups: ['g'], extra: { k: ['v'] } }, apiVersion: '*' })
    await post(selfSubjectAccessReviews(bench.environment), '', { spec: get })
    expect(asked?.user).toBe(jane)
  })

  test('tell a denial from mere silence', async () => {
    const sar = subjectAccessReviews(bench.environment)
    const ask = async (verb: string) =>
      (await post(sar, '', { spec: { user: 'u', nonResourceAttributes: { path: '/x', verb } } })).status
    expect(await ask('no')).toEqual({ allowed: false, denied: true, reason: 'because' })
    expect(await ask('post')).toEqual({ allowed: false, reason: 'because' })
  })

  test.each([
    [{ fieldSelector: { rawSelector: 'a=b' } }, { fieldSelector: 'a=b' }, undefined],
    [
      { fieldSelector: { requirements: [{ key: 'a', operator: 'In', values: ['x,y'] }] } },
      { fieldSelector: 'a=x\\,y' },
      undefined,
    ],
    [
      { fieldSelector: { rawSelector: '!!' } },
      { fieldSelector: '' },
      'spec.resourceAttributes.fieldSelector ignored due to parse error',
    ],
    [
      {
        labelSelector: {
          requirements: [
            { key: 'a', operator: 'Exists' },
            { key: 'b', operator: 'Newer' },
          ],
        },
      },
      { labelSelector: 'a' },
      'spec.resourceAttributes.labelSelector partially ignored due to parse error',
    ],
    [
      { labelSelector: { requirements: [{ key: 'a', operator: 'NotIn', values: ['b', 'c'] }] } },
      { labelSelector: 'a notin (b,c)' },
      undefined,
    ],
  ])('pass on the selector %j', async (selectors, want, problem) => {
    const { status } = await post(subjectAccessReviews(bench.environment), '', { spec: listWith(selectors) })
    expect(asked).toMatchObject(want)
    expect(status.evaluationError).toBe(problem)
  })

  test.each([
    [
      { spec: {} },
      'spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    [
      { spec: { user: 'u', ...get, nonResourceAttributes: {} } },
      'spec.nonResourceAttributes: Invalid value: {"Path":"","Verb":""}: cannot be specified in combination with resourceAttributes',
    ],
    [{ metadata: { name: 'x' }, spec: { user: 'u', ...get } }, 'metadata: Invalid value: {"name":"x"}: must be empty'],
    [
      { spec: listWith({ labelSelector: {} }) },
      'spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required',
    ],
    [
      { spec: listWith({ fieldSelector: { requirements: [{ operator: 'In' }] } }) },
      "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified, spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ])('%j is refused', async (body, want) => {
    const told = await refusal(post(subjectAccessReviews(bench.environment), '', body))
    expect(told?.replace(/^422 \.authorization\.k8s\.io "" is invalid: \[?|\]$/g, '')).toBe(want)
  })

  test('local ones stay in their namespace', async () => {
    const local = localSubjectAccessReviews(bench.environment)
    const review = (namespace: string) => ({
      metadata: { namespace: 'ns' },
      spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods', namespace } },
    })
    expect((await post(local, '', review('ns'))).status.allowed).toBe(true)
    expect(await refusal(post(local, '', review('other')))).toMatch(
      /spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace/,
    )
  })

  test('of rules name a namespace and tell what could not be found out', async () => {
    const rules = selfSubjectRulesReviews((user, namespace) => ({
      resourceRules: [{ verbs: [user.name], apiGroups: [''], resources: [namespace] }],
      nonResourceRules: [],
      incomplete: true,
      errors: ['a', 'b'],
    }))
    expect((await post(rules, '', { spec: { namespace: 'ns' } })).status).toEqual({
      resourceRules: [{ verbs: ['jane'], apiGroups: [''], resources: ['ns'] }],
      nonResourceRules: [],
      incomplete: true,
      evaluationError: '[a, b]',
    })
    expect(await refusal(post(rules, '', {}))).toBe('400 no namespace on request')
  })
})

describe('identity reviews', () => {
  const verdicts: Record<string, TokenVerdict | Error> = {
    plain: { user: jane, audiences: undefined },
    mine: { user: { name: 'sa', groups: ['g'], extra: { b: ['2'], a: ['1'] } }, audiences: ['x'] },
    bad: new Error('token has expired'),
  }
  const tokens = tokenReviews(
    () => (token) => {
      const verdict = verdicts[token]
      if (verdict instanceof Error) throw verdict
      return verdict
    },
    ['api'],
  )
  const review = async (token: string, audiences?: string[]) =>
    (await post(tokens, '', { spec: { token, ...(audiences === undefined ? {} : { audiences }) } })).status

  test('tell whose a token is', async () => {
    expect(await review('mine', ['x', 'y'])).toEqual({
      authenticated: true,
      user: { username: 'sa', groups: ['g'], extra: { a: ['1'], b: ['2'] } },
      audiences: ['x'],
    })
  })

  test('take tokens without audiences for the server itself alone', async () => {
    expect(await review('plain')).toMatchObject({ authenticated: true, audiences: ['api'] })
    expect(await review('plain', ['vault'])).toEqual({ user: {}, error: 'invalid bearer token' })
  })

  test('tell why a token is no good', async () => {
    expect(await review('bad')).toEqual({ user: {}, error: '[invalid bearer token, token has expired]' })
    expect(await review('unknown')).toEqual({ user: {}, error: 'invalid bearer token' })
    expect(await refusal(post(tokens, '', {}))).toBe('400 token is required for TokenReview in authentication')
  })

  test('tell who asks', async () => {
    const { status } = await post(selfSubjectReviews(bench.environment), '', {})
    expect(status).toEqual({ userInfo: { username: 'jane', groups: jane.groups } })
  })
})
