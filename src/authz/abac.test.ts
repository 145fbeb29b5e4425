import { describe, expect, test } from 'vitest'
import { abacAuthorizer, parseAbacPolicies } from './abac.js'
import type { Attributes } from './authorizer.js'

const versioned = (spec: object): string =>
  JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })

const request = (
  more: Partial<Attributes> & { readonly who?: string; readonly groups?: readonly string[] },
): Attributes => {
  const { who = 'jane', groups = ['system:authenticated'], ...rest } = more
  return {
    user: { name: who, groups },
    verb: 'get',
    isResourceRequest: true,
    apiGroup: '',
    apiVersion: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'ns',
    name: '',
    path: '',
    fieldSelector: '',
    labelSelector: '',
    ...rest,
  }
}

const all = { namespace: '*', resource: '*', apiGroup: '*' }
const path = (text: string): Partial<Attributes> => ({
  isResourceRequest: false,
  path: text,
  resource: '',
  namespace: '',
})

const cases: readonly [line: string, asked: Attributes, allowed: boolean][] = [
  [versioned({ user: 'jane', ...all }), request({}), true],
  [versioned({ user: 'jane', ...all }), request({ who: 'joe' }), false],
  [versioned({ user: 'jane', ...all }), request(path('/version')), false],
  [versioned({ group: 'dev', ...all }), request({ groups: ['dev'] }), true],
  [versioned({ user: 'jane', group: 'dev', ...all }), request({}), false],
  [versioned({ user: 'jane', group: 'dev', ...all }), request({ groups: ['dev'] }), true],
  [versioned({ user: '*', ...all }), request({ who: 'anybody' }), true],
  [versioned({ user: '*', ...all }), request({ who: 'system:anonymous', groups: ['system:unauthenticated'] }), false],
  [versioned(all), request({}), false],
  [versioned({ user: 'jane', ...all, readonly: true }), request({ verb: 'watch' }), true],
  [versioned({ user: 'jane', ...all, readonly: true }), request({ verb: 'create' }), false],
  [versioned({ user: 'jane', namespace: 'ns', resource: 'pods' }), request({}), true],
  [versioned({ user: 'jane', namespace: 'ns', resource: 'pods' }), request({ apiGroup: 'apps' }), false],
  [
    versioned({ user: 'jane', namespace: 'ns', resource: 'pods', apiGroup: '*' }),
    request({ namespace: 'other' }),
    false,
  ],
  [versioned({ user: 'jane', nonResourcePath: '/api*' }), request(path('/apis/apps')), true],
  [versioned({ user: 'jane', nonResourcePath: '/api*' }), request(path('/version')), false],
  [versioned({ user: 'jane', nonResourcePath: '/version' }), request(path('/version/')), false],
  ['{}', request({ who: 'anybody' }), true],
  ['{}', request(path('/x')), true],
  ['{"user":"jane","resource":"pods"}', request({ namespace: 'any', apiGroup: 'any' }), true],
  ['{"user":"jane","resource":"pods"}', request({ resource: 'secrets' }), false],
  ['{"user":"jane","namespace":"ns"}', request(path('/x')), false],
  ['{"group":"*","readonly":true}', request({ verb: 'delete' }), false],
  ['{"apiVersion":"abac.authorization.kubernetes.io/v0","kind":"Policy","user":"jane"}', request({}), true],
]
test.each(cases)('%s', async (line, asked, isAllowed) => {
  const authorizer = abacAuthorizer(await parseAbacPolicies(line, 'f', () => {}))
  const verdict = isAllowed ? { verdict: 'allow', reason: '' } : { verdict: 'none', reason: 'No policy matched.' }
  expect(authorizer.authorize(asked)).toEqual(verdict)
})

describe('a policy file', () => {
  test('may have comments, and is warned of if it is old', async () => {
    const warnings: string[] = []
    const text = `# a comment\n\n  \n${versioned({ user: 'a' })}\r\n{"user":"b"}\n`
    const policies = await parseAbacPolicies(text, 'the-file', (warning) => warnings.push(warning))
    expect(policies.map(({ user }) => user)).toEqual(['a', 'b'])
    expect(warnings).toEqual(['Policy file the-file contained unversioned rules.'])
  })

  test.each([
    [
      '{"user": 5}',
      'error reading policy file f, line 2: {"user": 5}: json: cannot unmarshal number into Go struct field Policy.user of type string',
    ],
    [
      '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"readonly":5}}',
      'Go struct field PolicySpec.spec.readonly of type bool',
    ],
    [
      '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1"}',
      'converting (v1beta1.Policy) to (v0.Policy): unknown conversion',
    ],
    ['{"user":}', "couldn't get version/kind; json parse error: invalid character '}' looking for beginning of value"],
    ['{"apiVersion":"v1","kind":"Pod"}', 'no kind "Pod" is registered for version "v1"'],
    ['{', 'error reading policy file f, line 2: {: '],
  ])('with %s is refused', async (line, message) => {
    await expect(parseAbacPolicies(`\n${line}\n`, 'f', () => {})).rejects.toThrow(message)
  })
})

test('rules of a user', async () => {
  const lines = [
    versioned({ user: 'jane', namespace: 'ns', resource: 'pods', readonly: true }),
    versioned({ user: 'jane', namespace: '*', nonResourcePath: '/x' }),
    versioned({ user: 'joe', ...all }),
  ]
  const { rulesFor } = abacAuthorizer(await parseAbacPolicies(lines.join('\n'), 'f', () => {}))
  expect(rulesFor!({ name: 'jane', groups: [] }, 'ns')).toEqual({
    resourceRules: [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['pods'], resourceNames: [] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/x'] }],
    incomplete: false,
    errors: [],
  })
})
