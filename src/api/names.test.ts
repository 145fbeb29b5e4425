import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isLabelValue, isQualifiedName } from './labels.js'
import * as names from './names.js'

type Check = (value: string) => readonly string[]

const good: Readonly<Record<string, readonly [Check, readonly string[]]>> = {
  label: [names.isDns1123Label, ['a', '0', 'a-b', 'a'.repeat(63)]],
  subdomain: [names.isDns1123Subdomain, ['a', '0.a', 'example.com', 'a'.repeat(253)]],
  caseless: [names.isDns1123SubdomainCaseless, ['Example.COM']],
  underscore: [names.isDns1123SubdomainWithUnderscore, ['_a._b', 'a_b']],
  dns1035: [names.isDns1035Label, ['a', 'a0-b']],
  wildcard: [names.isWildcardDns1123Subdomain, ['*.example.com']],
  pathSegment: [names.isPathSegmentName, ['system:node', '...', 'A b']],
  cIdentifier: [names.isCIdentifier, ['_a', 'A0']],
  env: [names.isEnvVarName, ['a', '0', 'a b', '..', '~']],
  strictEnv: [names.isStrictEnvVarName, ['a', '-.a']],
  configMapKey: [names.isConfigMapKey, ['.a', 'A_b-c']],
  port: [names.isPortName, ['a', '0a', 'a-b']],
  header: [names.isHttpHeaderName, ['X-A']],
  percent: [names.isPercent, ['0%', '250%']],
  decimal: [names.isDecimalInteger, ['0', '-1', '10']],
  qualified: [isQualifiedName, ['a', 'A.b_c-0', 'example.com/A']],
  labelValue: [isLabelValue, ['', 'a', 'A.b_c-0', 'a'.repeat(63)]],
}
for (const [title, [check, values]] of Object.entries(good)) {
  test(`${title} takes ${values.map((v) => v.slice(0, 20)).join(' ')}`, () => {
    for (const value of values) expect(check(value)).toEqual([])
  })
}

const labelMessage =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const keyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

describe('what is wrong', () => {
  const cases: readonly (readonly [Check, string, readonly string[]])[] = [
    [names.isDns1123Label, 'A', [labelMessage]],
    [names.isDns1123Label, 'a.b', ['must not contain dots']],
    [names.isDns1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
    [names.isDns1123Label, '-'.repeat(64), ['must be no more than 63 characters', labelMessage]],
    [names.isPathSegmentName, '..', ["may not be '..'"]],
    [names.isPathSegmentName, 'a/b%', ["may not contain '/'", "may not contain '%'"]],
    [names.isEnvVarName, '', ['environment variable name must be non-empty']],
    [
      names.isEnvVarName,
      'a=',
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
    [names.isConfigMapKey, '..', ["must not be '..'"]],
    [names.isConfigMapKey, '..a', ["must not start with '..'"]],
    [
      names.isPortName,
      '0--',
      [
        'must contain at least one letter (a-z)',
        'must not contain consecutive hyphens',
        'must not begin or end with a hyphen',
      ],
    ],
    [names.isDecimalInteger, '', ['must be non-empty']],
    [names.isDecimalInteger, '01', ['must be a valid decimal integer in canonical form']],
    [isQualifiedName, '', ['name part must be non-empty', `name part ${keyMessage}`]],
    [isQualifiedName, '/a', ['prefix part must be non-empty']],
    [
      isQualifiedName,
      `${'a'.repeat(254)}/${'b'.repeat(64)}`,
      ['prefix part must be no more than 253 bytes', 'name part must be no more than 63 bytes'],
    ],
    [
      isQualifiedName,
      'a/b/c',
      [`a valid label key ${keyMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`],
    ],
    [isLabelValue, 'a'.repeat(64), ['must be no more than 63 bytes']],
  ]
  for (const [check, value, want] of cases) {
    test(`${check.name} ${value.slice(0, 20)}`, () => expect(check(value)).toEqual(want))
  }
})

test('a generateName may end in a dash', () => {
  expect(names.nameRules.dns1123Subdomain('a-b-', true)).toEqual([])
  expect(names.nameRules.dns1123Subdomain('a-b-', false)).toHaveLength(1)
  expect(names.nameRules.pathSegment('.', true)).toEqual([])
})

test('long hostile texts are judged in no time', () => {
  const hostile = [`${'a-'.repeat(200_000)}!`, `${'a.'.repeat(200_000)}!`, `${'_'.repeat(400_000)}!`]
  const start = performance.now()
  for (const value of hostile) for (const [check] of Object.values(good)) check(value)
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('a label made of allowed characters is always a subdomain', () => {
  const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/)
  fc.assert(
    fc.property(label, label, (a, b) => {
      expect([...names.isDns1123Label(a), ...names.isDns1123Subdomain(`${a}.${b}`)]).toEqual([])
    }),
  )
})
