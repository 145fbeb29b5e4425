import { describe, expect, test } from 'vitest'
import { celExpressions } from './cel-expressions.js'
import { readAuthenticationConfiguration } from './configuration.js'
import { unescapeName } from './unescape-name.js'
import { validateAuthenticationConfiguration } from './validation.js'

const compiler = celExpressions()
const claims = compiler.claims({
  sub: 'jane',
  email: 'j@x',
  email_verified: true,
  roles: ['a', '', 'b'],
  level: 5,
  'example.org/team': 'red',
  nested: { 'a.b': [{ 'c-d': 1.5 }] },
  nothing: null,
})

const cases: readonly [expression: string, value: unknown][] = [
  ['claims.sub', 'jane'],
  ["'x:' + claims.sub", 'x:jane'],
  ['dyn(claims.roles).map(r, "p:" + r)', ['p:a', 'p:', 'p:b']],
  ['claims.level == 5', true],
  ['type(claims.level) == double', true],
  ['claims.example__dot__org__slash__team', 'red'],
  ["claims['example.org/team']", 'red'],
  ['claims.nested.a__dot__b[0].c__dash__d == 1.5', true],
  ['claims.?gone.orValue("-")', '-'],
  ['has(claims.gone)', false],
  ['has(claims.email) && claims.email_verified', true],
  ['claims.nothing', null],
  ['"sub" in claims', true],
  ['dyn(claims.roles).filter(r, r != "").map(r, string(r)).join(",")', 'a,b'],
]
test.each(cases)('%s', (text, value) => {
  expect(compiler.compileClaims(text, 'any').evaluate(claims)).toEqual(value)
})

test('failures are told with the expression', () => {
  const { evaluate } = compiler.compileClaims('claims.gone', 'any')
  expect(() => evaluate(claims)).toThrow("expression 'claims.gone' resulted in error: no such key: gone")
  expect(() => compiler.compileClaims('claims.sub', 'bool')).toThrow('must evaluate to bool')
  expect(() => compiler.compileClaims('user.username', 'any')).toThrow(
    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'user' (in container '')",
  )
  expect(() => compiler.compileClaims('claims.roles.map(r, r)', 'any')).toThrow(
    "expression of type 'any' cannot be range of a comprehension (must be list, map, or dynamic)",
  )
  expect(() => compiler.compileUser('user.name == "x"')).toThrow("undefined field 'name'")
})

test('users', () => {
  const user = compiler.user({ name: 'jane', groups: ['a'], extra: { 'example.org/x': ['1'] } })
  const holds = (text: string): unknown => compiler.compileUser(text).evaluate(user)
  expect(holds("user.username == 'jane' && user.uid == ''")).toBe(true)
  expect(holds("!user.groups.exists(g, g.startsWith('system:'))")).toBe(true)
  expect(holds("user.extra['example.org/x'][0] == '1' && user.extra.size() == 1")).toBe(true)
})

test.each([
  ['claims.email', true],
  ['has(claims.email)', true],
  ['claims.?email.orValue("")', true],
  ['["a"].map(x, claims.email + x)[0]', true],
  ['{"a": claims.email}.a', true],
  ['claims["email"]', false],
  ['claims.x.email', false],
  ['"claims.email"', false],
])('whether %s reads the address', (text, expected) => {
  expect(compiler.compileClaims(text, 'any').reads('email')).toBe(expected)
})

test.each([
  ['a', 'a'],
  ['a__dot__b', 'a.b'],
  ['__namespace__', 'namespace'],
  ['x__namespace__', undefined],
  ['a__underscores__b', 'a__b'],
  ['a__odd__b', undefined],
  ['a_b', 'a_b'],
])('%s is %s', (escaped, name) => {
  expect(unescapeName(escaped)).toBe(name)
})

describe('validation of expressions', () => {
  const problems = async (jwt: object): Promise<string> => {
    const whole = {
      issuer: { url: 'https://x', audiences: ['a'] },
      claimMappings: { username: { claim: 'sub', prefix: '' } },
      ...jwt,
    }
    const text = JSON.stringify({
      apiVersion: 'apiserver.config.k8s.io/v1alpha1',
      kind: 'AuthenticationConfiguration',
      jwt: [whole],
    })
    const configuration = await readAuthenticationConfiguration(Buffer.from(text))
    return validateAuthenticationConfiguration(configuration, compiler, ['https://us']).errors.message
  }
  const username = (expression: string): object => ({ claimMappings: { username: { expression } } })
  const at = 'jwt[0]'
  const wrong: readonly [jwt: object, problem: string][] = [
    [username('claims.sub'), '[]'],
    [
      username('claims.email'),
      `${at}.claimMappings.username.expression: Invalid value: "claims.email": claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression`,
    ],
    [
      {
        ...username('claims.email'),
        claimValidationRules: [{ expression: 'claims.?email_verified.orValue(true) == true' }],
      },
      '[]',
    ],
    [
      { claimMappings: { username: { expression: 'claims.sub', prefix: 'x' } } },
      `${at}.claimMappings.username.prefix: Invalid value: "x": may not be specified when expression is set`,
    ],
    [
      { claimMappings: { username: { expression: 'claims.sub', claim: 'sub' } } },
      `${at}.claimMappings.username: Invalid value: "": claim and expression can't both be set`,
    ],
    [
      { claimValidationRules: [{ expression: 'claims.sub' }, { expression: 'true', requiredValue: 'x' }, {}] },
      `[${at}.claimValidationRules[0].expression: Invalid value: "claims.sub": must evaluate to bool, ${at}.claimValidationRules[1].requiredValue: Invalid value: "x": may not be specified when expression is set, ${at}.claimValidationRules[2]: Required value: claim or expression is required]`,
    ],
    [
      { userValidationRules: [{ expression: 'true' }, { expression: 'true' }, {}] },
      `[${at}.userValidationRules[1].expression: Duplicate value: "true", ${at}.userValidationRules[2].expression: Required value]`,
    ],
    [
      {
        claimMappings: {
          username: { claim: 'sub', prefix: '' },
          extra: [
            { key: 'x', valueExpression: '"a"' },
            { key: 'X.io/a', valueExpression: '"a"' },
            { key: 'a.k8s.io/b', valueExpression: '"a"' },
            { key: 'a.io/b' },
            { key: 'a.io/b', valueExpression: '"a"' },
          ],
        },
      },
      `[${at}.claimMappings.extra[0].key: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo"), ${at}.claimMappings.extra[1].key: Invalid value: "X.io": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), ${at}.claimMappings.extra[1].key: Invalid value: "X.io/a": must be lowercase, ${at}.claimMappings.extra[2].key: Invalid value: "a.k8s.io/b": k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use, ${at}.claimMappings.extra[3].valueExpression: Required value, ${at}.claimMappings.extra[4].key: Duplicate value: "a.io/b"]`,
    ],
    [
      { issuer: { url: 'https://us', audiences: ['a'], discoveryURL: 'https://us/' } },
      `[${at}.issuer.url: Invalid value: "https://us": URL must not overlap with disallowed issuers: [https://us], ${at}.issuer.discoveryURL: Invalid value: "https://us/": discoveryURL must be different from URL]`,
    ],
  ]
  test.each(wrong)('%j', async (jwt, problem) => {
    expect(await problems(jwt)).toBe(problem)
  })
})
