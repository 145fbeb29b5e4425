import { describe, expect, test } from 'vitest'
import { FieldErrors } from '../field-errors.js'
import * as network from './network.js'
import * as scalars from './scalars.js'
import * as structures from './structures.js'

type Judge = (errors: FieldErrors) => unknown

const said = (judge: Judge): string[] => {
  const errors = new FieldErrors()
  judge(errors)
  return errors.list.map(({ field, message }) => `${field}: ${message}`)
}

describe('fine', () => {
  const cases: Readonly<Record<string, Judge>> = {
    absent: (e) => {
      scalars.nonNegative(e, 'p', undefined)
      scalars.portNumber(e, 'p', null)
      scalars.optionalOneOf(e, 'p', undefined, ['A'])
      structures.conditions(e, 'p', undefined)
      structures.tolerations(e, 'p', null)
    },
    numbers: (e) => {
      scalars.nonNegative(e, 'p', 0)
      scalars.positive(e, 'p', 9007199254740993n)
      scalars.inRange(e, 'p', 5, 5, 5)
      scalars.intOrPercent(e, 'p', '20%')
      scalars.atMost100Percent(e, 'p', '100%')
      scalars.atMost100Percent(e, 'p', 500)
    },
    quantities: (e) => {
      scalars.quantityNonNegative(e, 'p', undefined)
      scalars.quantityPositive(e, 'p', '1n')
      scalars.quantityInteger(e, 'p', '2Ki')
    },
    immutable: (e) => {
      structures.immutable(e, 'p', undefined, [])
      structures.immutable(e, 'p', {}, null)
      structures.immutable(e, 'p', { a: 1 }, { a: 1 })
    },
    network: (e) => {
      network.ipAddress(e, 'p', '::1')
      network.legacyIpAddress(e, 'p', '010.0.0.1')
      network.legacyIpAddress(e, 'p', 'nonsense', { strict: true, old: ['nonsense'] })
      network.cidr(e, 'p', '10.0.0.0/8')
      network.legacyCidr(e, 'p', '10.0.0.1/8')
      network.interfaceAddress(e, 'p', '10.0.0.1/8')
      network.webhookUrl(e, 'p', 'https://[::1]:8443/a%20b')
      network.webhookService(e, 'p', { name: 'a', namespace: 'b', port: 443, path: '/a/b/' })
    },
    structures: (e) => {
      structures.tolerations(e, 'p', [{ operator: 'Exists' }, { key: 'a', effect: 'NoExecute', tolerationSeconds: 5 }])
      structures.tolerations(e, 'p', [{ key: 'a', operator: 'Gt', value: '5' }], { comparisons: true })
      structures.nodeSelector(e, 'p', {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }],
      })
    },
  }
  for (const [title, judge] of Object.entries(cases)) test(title, () => expect(said(judge)).toEqual([]))
})

describe('wrong', () => {
  const cases: readonly (readonly [Judge, readonly string[]])[] = [
    [(e) => scalars.nonNegative(e, 'p', -1), ['p: Invalid value: -1: must be greater than or equal to 0']],
    [(e) => scalars.positive(e, 'p', 0, 'must be positive'), ['p: Invalid value: 0: must be positive']],
    [(e) => scalars.portNumber(e, 'p', 0), ['p: Invalid value: 0: must be between 1 and 65535, inclusive']],
    [(e) => scalars.userId(e, 'p', -1), ['p: Invalid value: -1: must be between 0 and 2147483647, inclusive']],
    [(e) => scalars.atMost100Percent(e, 'p', '101%'), ['p: Invalid value: "101%": must not be greater than 100%']],
    [(e) => scalars.requiredOneOf(e, 'p', '', ['A']), ['p: Required value']],
    [(e) => scalars.requiredOneOf(e, 'p', 'x', ['B', 'A']), ['p: Unsupported value: "x": supported values: "A", "B"']],
    [
      (e) => scalars.optionalOneOf(e, 'p', 'x', ['B', 'A'], 'given'),
      ['p: Unsupported value: "x": supported values: "B", "A"'],
    ],
    [(e) => scalars.required(e, 'p', [], 'why'), ['p: Required value: why']],
    [(e) => scalars.maxLength(e, 'p', 'é', 1), ['p: Too long: may not be more than 1 byte']],
    [(e) => scalars.maxItems(e, 'p', [1, 2], 1), ['p: Too many: 2: must have at most 1 item']],
    [
      (e) => scalars.quantityNonNegative(e, 'p', '-1000m'),
      ['p: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [(e) => scalars.quantityPositive(e, 'p', '0'), ['p: Invalid value: "0": must be greater than zero']],
    [(e) => scalars.quantityInteger(e, 'p', '1500m'), ['p: Invalid value: "1500m": must be an integer']],
    [(e) => structures.immutable(e, 'p', undefined, { a: 1 }), ['p: Invalid value: null: field is immutable']],
    [
      (e) => structures.uniqueBy(e, 'p', [{ n: 'a' }, { n: 'b' }, { n: 'a' }], ({ n }) => n, 'n'),
      ['p[2].n: Duplicate value: "a"'],
    ],
    [
      (e) => network.ipAddress(e, 'p', '2001:DB8::'),
      ['p: Invalid value: "2001:DB8::": must be in canonical form ("2001:db8::")'],
    ],
    [
      (e) => network.ipAddress(e, 'p', 'x'),
      ['p: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      (e) => network.cidr(e, 'p', '10.0.0.1/8'),
      ['p: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length'],
    ],
    [
      (e) => network.cidr(e, 'p', '10.0.0.0/08'),
      ['p: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length'],
    ],
    [
      (e) => network.fullyQualifiedName(e, 'p', 'a.b'),
      ['p: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    ],
    [
      (e) => network.qualifiedKey(e, 'p', 'a'),
      ['p: Invalid value: "a": must be a domain-prefixed key (such as "acme.io/foo")'],
    ],
    [
      (e) => network.domainPrefixedPath(e, 'p', 'a/'),
      ['p: Invalid value: "a/": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      (e) => network.webhookUrl(e, 'p', 'http://u@/x?q#f'),
      [
        'p: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
        'p: Invalid value: "": host must be specified; desired format: https://host[/path]',
        'p: Invalid value: "u": user information is not permitted in the URL',
        'p: Invalid value: "f": fragments are not permitted in the URL',
        'p: Invalid value: "q": query parameters are not permitted in the URL',
      ],
    ],
    [
      (e) => network.webhookUrl(e, 'p', 'https://a:b'),
      [
        'p: Required value: url must be a valid URL: parse "https://a:b": invalid port ":b" after host; desired format: https://host[/path]',
      ],
    ],
    [
      (e) => network.webhookService(e, 'p', { path: '//', port: 0 }),
      [
        'p.name: Required value',
        'p.namespace: Required value',
        'p.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
        'p.path: Invalid value: "//": segment[0] may not be empty',
      ],
    ],
    [
      (e) =>
        structures.tolerations(e, 'p', [
          { effect: 'X', tolerationSeconds: 1 },
          { key: 'a', operator: 'Y' },
        ]),
      [
        'p[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'p[0].effect: Invalid value: "X": effect must be \'NoExecute\' when `tolerationSeconds` is set',
        'p[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
        'p[1].operator: Unsupported value: "Y": supported values: "Equal", "Exists"',
      ],
    ],
    [
      (e) => structures.nodeSelector(e, 'p', {}),
      ['p.nodeSelectorTerms: Required value: must have at least one node selector term'],
    ],
    [
      (e) => structures.nodeSelectorTerm(e, 'p', { matchFields: [{ key: 'x', operator: 'In', values: [] }] }),
      [
        "p.matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        'p.matchFields[0].key: Invalid value: "x": not a valid field selector key',
      ],
    ],
    [
      (e) => structures.conditions(e, 'p', [{ type: 'A', status: 'Yes', reason: '' }]),
      [
        'p[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"',
        'p[0].lastTransitionTime: Required value',
        'p[0].reason: Required value',
      ],
    ],
  ]
  for (const [judge, want] of cases) test(want[0] ?? '', () => expect(said(judge)).toEqual(want))
})

describe('warnings', () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [network.ipWarnings('p', '10.0.0.1'), []],
    [network.ipWarnings('p', '010.0.0.1'), ['p: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"']],
    [network.ipWarnings('p', '::0'), ['p: IPv6 address "::0" should be in RFC 5952 canonical format ("::")']],
    [
      network.cidrWarnings('p', '10.0.0.1/8'),
      ['p: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'],
    ],
    [
      network.cidrWarnings('p', '::0/0'),
      ['p: IPv6 CIDR value "::0/0" should be in RFC 5952 canonical format ("::/0")'],
    ],
  ]
  for (const [got, want] of cases) test(want[0] ?? 'none', () => expect(got).toEqual(want))
})
