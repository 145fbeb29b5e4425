import { describe, expect, test } from 'vitest'
import type { Library } from '../library.js'
import { Double, Duration, int, type Optional, Uint, type Value } from '../values.js'
import { AuthorizationChecks, authorizerLibrary, authorizerSelectorsLibrary } from './authorizer.js'
import { cidrLibrary } from './cidr.js'
import { extendedListsLibrary } from './extended-lists.js'
import { formatsLibrary } from './formats.js'
import { ipLibrary } from './ip.js'
import { jsonPatchLibrary } from './json-patch.js'
import { listsLibrary } from './lists.js'
import { quantityLibrary } from './quantity.js'
import { semverLibrary } from './semver.js'
import { setsLibrary } from './sets.js'
import { urlsLibrary } from './urls.js'

const caller = (...libraries: Library[]) => {
  const overloads = new Map(
    libraries.flatMap(({ functions }) => functions!.flatMap((f) => f.overloads.map((o) => [o.id, o] as const))),
  )
  return (id: string, ...args: Value[]): Value => overloads.get(id)!.call(...args)
}
const failure = (message: string) => expect.objectContaining({ message })

describe('URLs', () => {
  const call = caller(urlsLibrary())
  test.each<[string, Partial<Record<'scheme' | 'host' | 'hostname' | 'port' | 'escaped_path', string>>]>([
    [
      'https://example.com:80/',
      { scheme: 'https', host: 'example.com:80', hostname: 'example.com', port: '80', escaped_path: '/' },
    ],
    ['https://[::1]:80/a', { host: '[::1]:80', hostname: '::1', port: '80' }],
    ['https://[::1]/a', { host: '[::1]', hostname: '::1', port: '' }],
    ['/path', { scheme: '', host: '', port: '', escaped_path: '/path' }],
    ['https://example.com/path with spaces/', { escaped_path: '/path%20with%20spaces/' }],
    ["https://h/a'b[c]", { escaped_path: "/a'b[c]" }],
    ['https://h/a%2Fb', { escaped_path: '/a%2Fb' }],
    ['HTTP://u:p@h:1/p', { scheme: 'http', host: 'h:1', port: '1' }],
    ['mailto:a@b', { scheme: 'mailto', host: '', escaped_path: '' }],
    ['https://h%20/', {}],
  ])('%s', (text, parts) => {
    if (Object.keys(parts).length === 0) {
      expect(call('is_url_string', text)).toBe(false)
      return
    }
    expect(call('is_url_string', text)).toBe(true)
    const url = call('string_to_url', text)
    for (const [part, value] of Object.entries(parts)) expect(call(`url_get_${part}`, url)).toBe(value)
  })

  test.each([
    ['::bad', 'parse "::bad": missing protocol scheme'],
    ['2k', 'parse "2k": invalid URI for request'],
    ['', 'parse "": empty url'],
    ['http://[::1/', 'parse "http://[::1/": missing \']\' in host'],
    ['http://h:x/', 'parse "http://h:x/": invalid port ":x" after host'],
    ['http://h/%zz', 'parse "http://h/%zz": invalid URL escape "%zz"'],
    ['http://a b/', 'parse "http://a b/": invalid character " " in host name'],
    ['http://h\n/', 'parse "http://h\\n/": net/url: invalid control character in URL'],
  ])('%j is none', (text, message) => {
    expect(() => call('string_to_url', text)).toThrow(
      failure(`URL parse error during conversion from string: ${message}`),
    )
  })

  test('queries keep the order of values', () => {
    const query = call('url_get_query', call('string_to_url', 'https://h/?k=a&k=b+c&__proto__=%41&bad=%zz&x#f'))
    expect(JSON.parse(JSON.stringify(query))).toEqual(JSON.parse('{"k":["a","b c"],"__proto__":["A"],"x":[""]}'))
  })
})

describe('IP and CIDR', () => {
  const call = caller(ipLibrary(), cidrLibrary())
  test.each([
    [
      '1.2.3',
      'IP Address "1.2.3" parse error during conversion from string: ParseAddr("1.2.3"): IPv4 address too short',
    ],
    [
      '10.0.0.0/8',
      'IP Address "10.0.0.0/8" parse error during conversion from string: ParseAddr("10.0.0.0/8"): unexpected character (at "/8")',
    ],
    [
      '300.1.1.1',
      'IP Address "300.1.1.1" parse error during conversion from string: ParseAddr("300.1.1.1"): IPv4 field has value >255',
    ],
    [
      '01.1.1.1',
      'IP Address "01.1.1.1" parse error during conversion from string: ParseAddr("01.1.1.1"): IPv4 field has octet with leading zero',
    ],
    ['fe80::1%eth0', 'IP address "fe80::1%eth0" with zone value is not allowed'],
    ['::ffff:1.2.3.4', 'IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed'],
    [
      '1::2::3',
      'IP Address "1::2::3" parse error during conversion from string: ParseAddr("1::2::3"): multiple :: in address (at ":3")',
    ],
    ['', 'IP Address "" parse error during conversion from string: ParseAddr(""): unable to parse IP'],
  ])('%s is no address', (text, message) => {
    expect(call('is_ip', text)).toBe(false)
    expect(() => call('string_to_ip', text)).toThrow(failure(message))
  })

  test.each([
    ['127.0.0.1', '127.0.0.1', ['is_loopback']],
    ['2001:DB8::1', '2001:db8::1', ['is_global_unicast']],
    ['0.0.0.0', '0.0.0.0', ['is_unspecified']],
    ['169.254.1.1', '169.254.1.1', ['is_link_local_unicast']],
    ['224.0.0.5', '224.0.0.5', ['is_link_local_multicast']],
    ['ff02::1', 'ff02::1', ['is_link_local_multicast']],
    ['fe80::1', 'fe80::1', ['is_link_local_unicast']],
    ['::1', '::1', ['is_loopback']],
    ['255.255.255.255', '255.255.255.255', []],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304', ['is_global_unicast']],
  ])('%s', (text, canonical, holds) => {
    const ip = call('string_to_ip', text)
    expect(call('ip_to_string', ip)).toBe(canonical)
    expect(call('ip_is_canonical', text)).toBe(text === canonical)
    const questions = [
      'is_unspecified',
      'is_loopback',
      'is_link_local_multicast',
      'is_link_local_unicast',
      'is_global_unicast',
    ]
    expect(questions.filter((id) => call(`ip_${id}`, ip))).toEqual(holds)
  })

  test('networks contain addresses and networks', () => {
    const net = call('string_to_cidr', '10.0.5.1/8')
    expect(call('cidr_prefix_length', net)).toBe(8)
    expect(call('cidr_to_string', net)).toBe('10.0.5.1/8')
    expect(call('cidr_to_string', call('cidr_masked', net))).toBe('10.0.0.0/8')
    expect(call('ip_to_string', call('cidr_ip', net))).toBe('10.0.5.1')
    expect(call('cidr_contains_ip_string', net, '10.255.0.1')).toBe(true)
    expect(call('cidr_contains_ip_string', net, '11.0.0.1')).toBe(false)
    expect(call('cidr_contains_ip_string', net, '::1')).toBe(false)
    expect(call('cidr_contains_cidr_string', net, '10.1.0.0/16')).toBe(true)
    expect(call('cidr_contains_cidr_string', net, '0.0.0.0/0')).toBe(false)
  })

  test.each([
    ['1.2.3.4', 'netip.ParsePrefix("1.2.3.4"): no \'/\''],
    ['1.2.3.4/33', 'netip.ParsePrefix("1.2.3.4/33"): prefix length out of range'],
    ['1.2.3.4/08', 'netip.ParsePrefix("1.2.3.4/08"): bad bits after slash: "08"'],
  ])('%s is no network', (text, message) => {
    expect(call('is_cidr', text)).toBe(false)
    const twice = 'network address parse error during conversion from string: '
    expect(() => call('string_to_cidr', text)).toThrow(failure(twice + twice + message))
  })
})

test('quantities', () => {
  const call = caller(quantityLibrary())
  const q = (text: string) => call('string_to_quantity', text)
  expect(call('quantity_get_int', q('20k'))).toBe(20000)
  expect(() => call('quantity_get_int', q('1.5'))).toThrow(failure('cannot convert value to integer'))
  expect(call('quantity_get_float', call('quantity_add', q('1'), q('1Ki')))).toEqual(new Double(1025))
  expect(call('quantity_get_int', call('quantity_sub_int', q('1Gi'), 1))).toBe(1073741823)
  expect(call('quantity_is_greater_than', q('2k'), q('1k'))).toBe(true)
  expect(call('quantity_compare_to', q('-2'), q('1'))).toBe(-1)
  expect(call('quantity_sign', q('-2'))).toBe(-1)
  expect(call('is_quantity_string', '5 ')).toBe(false)
  expect(() => q('1kk')).toThrow(failure("unable to parse quantity's suffix"))
})

test('semantic versions', () => {
  const call = caller(semverLibrary())
  const ordered = [
    '0.0.1',
    '1.0.0-1',
    '1.0.0-2',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-beta',
    '1.0.0',
    '1.10.0',
    '2.0.0-rc.1',
  ]
  const versions = ordered.map((text) => call('string_to_semver', text))
  for (const [i, a] of versions.entries())
    for (const [j, b] of versions.entries()) expect(call('semver_compare_to', a, b)).toBe(Math.sign(i - j))
  expect(call('is_semver_string', 'v1.2')).toBe(false)
  expect(call('is_semver_string_bool', 'v1.2', true)).toBe(true)
  expect(call('semver_minor', call('string_bool_to_semver', 'v01.02', true))).toBe(2)
  expect(() => call('string_to_semver', '01.0.0')).toThrow(failure('Major number must not contain leading zeroes "01"'))
  expect(() => call('string_to_semver', '1.2')).toThrow(failure('No Major.Minor.Patch elements found'))
  expect(() => call('string_bool_to_semver', '1.2-x', true)).toThrow(
    failure('short version cannot contain PreRelease/Build meta data'),
  )
})

describe('lists', () => {
  const call = caller(listsLibrary(), extendedListsLibrary(), setsLibrary())
  test.each<[string, Value[], Value]>([
    ['list_int_is_sorted_bool', [[1, 2, 2]], true],
    ['list_string_is_sorted_bool', [['b', 'a']], false],
    ['list_int_sum_int', [[1, 2, int(9007199254740992n)]], int(9007199254740995n)],
    ['list_double_sum_double', [[0.1, 0.2]], 0.30000000000000004],
    ['list_double_sum_double', [[]], new Double(0)],
    ['list_uint_sum_uint', [[new Uint(1n), new Uint(2n)]], new Uint(3n)],
    ['list_duration_sum_duration', [[new Duration(1n), new Duration(2n)]], new Duration(3n)],
    ['list_string_min_string', [['b', 'a', 'B']], 'B'],
    ['list_int_max_int', [[3, 9, 1]], 9],
    ['list_a_index_of_int', [[1, 2, 2], 2], 1],
    ['list_a_last_index_of_int', [[1, 2, 2], 2], 2],
    ['list_a_index_of_int', [[{ a: 1 }], { a: 1 }], 0],
    ['list_slice', [[1, 2, 3, 4], 1, 3], [2, 3]],
    ['list_flatten', [[[1], [2, [3]]]], [1, 2, [3]]],
    ['list_flatten_int', [[[1], [2, [3]]], 2], [1, 2, 3]],
    ['list_int_sort', [[3, 1, 2]], [1, 2, 3]],
    [
      'list_int_sortByAssociatedKeys',
      [
        ['foo', 'bar', 'baz'],
        [3, 1, 2],
      ],
      ['bar', 'baz', 'foo'],
    ],
    ['lists_range', [3], [0, 1, 2]],
    ['list_reverse', [[1, 2]], [2, 1]],
    ['list_distinct', [['b', 'b', 'c', 'a', 'c']], ['b', 'c', 'a']],
    [
      'list_sets_contains_list',
      [
        [1, 2],
        [2, 1, 1],
      ],
      true,
    ],
    ['list_sets_intersects_list', [['a'], ['b', 'a']], true],
    ['list_sets_equivalent_list', [['a'], ['b', 'a']], false],
  ])('%s of case %#', (id, args, result) => {
    expect(call(id, ...args)).toEqual(result)
  })

  test.each<[string, Value[], string]>([
    ['list_int_min_int', [[]], 'min called on empty list'],
    ['list_int_sum_int', [[int(9223372036854775807n), 1]], 'integer overflow'],
    ['list_slice', [[1], 0, 2], 'cannot slice(0, 2), list is length 1'],
    ['list_flatten_int', [[1], -1], 'level must be non-negative'],
    ['lists_range', [10_000_000], 'lists.range is limited to 1000000 elements'],
  ])('%s fails: case %#', (id, args, message) => {
    expect(() => call(id, ...args)).toThrow(failure(message))
  })
})

describe('formats', () => {
  const call = caller(formatsLibrary())
  const names = [
    'dns1123Label',
    'dns1123Subdomain',
    'dns1035Label',
    'qualifiedName',
    'dns1123LabelPrefix',
    'dns1123SubdomainPrefix',
    'dns1035LabelPrefix',
    'labelValue',
    'uri',
    'uuid',
    'byte',
    'date',
    'datetime',
  ]
  test.each([
    ['abc', '0000000011111'],
    ['Abc_', '1111111111111'],
    ['', '1111111011111'],
    ['a.b', '1010101011111'],
    ['2024-01-01', '0010001011101'],
    ['2024-01-01T00:00:00Z', '1111111111110'],
    ['123e4567-e89b-12d3-a456-426614174000', '0010001010111'],
    ['a/b', '1110111111111'],
    ['x-', '1111000111111'],
  ])('%j', (text, wrong) => {
    const found = names.map((name) =>
      (call('format-validate', call(`format.${name}`), text) as Optional).value === undefined ? '0' : '1',
    )
    expect(found.join('')).toBe(wrong)
    expect((call('format-named', 'nope') as Optional).value).toBeUndefined()
  })
})

test('keys of JSON pointers are escaped', () => {
  expect(caller(jsonPatchLibrary())('string_jsonpatch_escapeKey_string', 'a~b/c')).toBe('a~0b~1c')
})

describe('authorizer', () => {
  const call = caller(authorizerLibrary(), authorizerSelectorsLibrary())
  const alice = { name: 'alice', groups: ['system:authenticated'] }

  test('asks with all that was said', () => {
    const asked: unknown[] = []
    const checks = new AuthorizationChecks(
      (attributes) => {
        asked.push(attributes)
        return { verdict: 'allow', reason: 'because' }
      },
      (user) => user,
    )
    let value = call('authorizer_serviceaccount', checks.authorizer(alice), 'ns', 'robot')
    value = call('groupcheck_resource', call('authorizer_group', value, 'apps'), 'deployments')
    value = call('resourcecheck_name', call('resourcecheck_namespace', value, 'ns'), 'web')
    value = call('authorizer_labelselector', call('resourcecheck_subresource', value, 'scale'), 'a=b')
    const decision = call('resourcecheck_check', value, 'get')
    expect(asked).toEqual([
      {
        user: {
          name: 'system:serviceaccount:ns:robot',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
        },
        verb: 'get',
        isResourceRequest: true,
        apiGroup: 'apps',
        apiVersion: '*',
        resource: 'deployments',
        subresource: 'scale',
        namespace: 'ns',
        name: 'web',
        path: '',
        fieldSelector: '',
        labelSelector: 'a=b',
      },
    ])
    expect([call('decision_allowed', decision), call('decision_reason', decision)]).toEqual([true, 'because'])
    expect([call('decision_errored', decision), call('decision_error', decision)]).toEqual([false, ''])
  })

  test('an answer that is still to come is waited for once', async () => {
    let asked = 0
    const checks = new AuthorizationChecks(
      async () => {
        asked++
        return { verdict: 'none' as const, reason: 'no' }
      },
      (user) => user,
    )
    const evaluate = () =>
      call(
        'decision_allowed',
        call('pathcheck_check', call('authorizer_path', checks.authorizer(alice), '/healthz'), 'get'),
      )
    expect(evaluate).toThrow(failure('authorization decision pending'))
    expect(checks.pending).toBe(true)
    await checks.settle()
    expect(evaluate()).toBe(false)
    expect([checks.pending, asked]).toEqual([false, 1])
  })

  test('refuses what makes no sense', () => {
    const checks = new AuthorizationChecks(
      () => ({ verdict: 'none' as const, reason: '' }),
      (user) => user,
    )
    const authorizer = checks.authorizer(alice)
    expect(() => call('authorizer_path', authorizer, ' ')).toThrow(failure('path must not be empty'))
    expect(() => call('authorizer_serviceaccount', authorizer, 'ns', 'A@')).toThrow(
      failure('Invalid service account name'),
    )
  })
})
