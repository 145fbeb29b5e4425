import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldErrors } from './field-errors.js'
import { fieldLabels, metadataFieldLabels, parseFieldSelector } from './field-selector.js'
import {
  LabelSelector,
  type LabelSelectorSpec,
  labelSelectorOf,
  labelSelectorOfMap,
  parseLabelSelector,
  validateLabelSelector,
} from './label-selector.js'

describe('label selectors', () => {
  const matching: readonly (readonly [string, Record<string, string>, boolean])[] = [
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a=', {}, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b,c)', { a: 'c' }, true],
    ['a in ()', { a: '' }, true],
    ['a notin (b,c)', {}, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: 'x' }, false],
    ['a<5', { a: '4' }, true],
    ['a<5', {}, false],
    ['a=b,c=d', { a: 'b' }, false],
    ['in in (in,notin)', { in: 'notin' }, true],
    ['toString', {}, false],
  ]
  for (const [text, labels, want] of matching) {
    test(`${text} on ${JSON.stringify(labels)}`, () => expect(parseLabelSelector(text).matches(labels)).toBe(want))
  }

  const canonical: readonly (readonly [string, string])[] = [
    ['b, a', 'a,b'],
    ['x in (c,b,,b)', 'x in (,b,c)'],
    ['x  notin(b)', 'x notin (b)'],
    ['a == b', 'a==b'],
    ['! a', '!a'],
    ['n > 5', 'n>5'],
  ]
  for (const [text, want] of canonical)
    test(`text of ${text}`, () => expect(String(parseLabelSelector(text))).toBe(want))

  const refused: readonly (readonly [string, string])[] = [
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['/x', 'unable to parse requirement: <nil>: Invalid value: "/x": prefix part must be non-empty'],
    [
      `a=${'v'.repeat(64)}`,
      `unable to parse requirement: values[0][a]: Invalid value: "${'v'.repeat(64)}": must be no more than 63 bytes`,
    ],
  ]
  for (const [text, want] of refused) {
    test(`refuses ${text.slice(0, 20)}`, () => expect(() => parseLabelSelector(text)).toThrow(new Error(want)))
  }

  test('a LabelSelector: absent matches nothing, empty everything', () => {
    expect(labelSelectorOf(undefined).matches({})).toBe(false)
    expect(labelSelectorOf({}).matches({})).toBe(true)
    expect(labelSelectorOf(undefined)).toBe(LabelSelector.nothing)
    const both = { matchLabels: { b: 'c' }, matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['z', 'y'] }] }
    expect(String(labelSelectorOf(both))).toBe('a notin (y,z),b=c')
    expect(() => labelSelectorOf({ matchExpressions: [{ key: 'a', operator: 'Eq' }] })).toThrow(
      '"Eq" is not a valid label selector operator',
    )
    expect(() => labelSelectorOf({ matchExpressions: [{ key: 'a', operator: 'In' }] })).toThrow(
      "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    )
  })

  test('ends at a NUL', () => {
    expect(String(parseLabelSelector('a=1\0,!b\0'))).toBe('a=1,!b')
    expect(String(parseLabelSelector('a=\0b'))).toBe('a=')
    expect(() => parseLabelSelector('a\0b')).toThrow("found 'b', expected: in, notin")
    expect(parseLabelSelector('\0').matches({})).toBe(true)
  })

  test('a map', () => {
    expect(String(labelSelectorOfMap({ b: '1', a: '2' }))).toBe('a=2,b=1')
    expect(labelSelectorOfMap({ a: '1' }).exactMatch('a')).toBe('1')
  })

  test('the canonical text parses to a selector with the same text and the same matches', () => {
    const name = fc.constantFrom('a', 'b', 'example.com/c')
    const value = fc.constantFrom('', 'x', 'y', '1')
    const requirement = fc.oneof(
      fc.tuple(name, fc.constantFrom('=', '==', '!='), value).map((parts) => parts.join('')),
      fc
        .tuple(name, fc.constantFrom(' in ', ' notin '), fc.array(value, { minLength: 1 }))
        .map(([n, o, v]) => `${n}${o}(${v.join(',')})`),
      fc.tuple(fc.constantFrom('', '!'), name).map((parts) => parts.join('')),
      fc.tuple(name, fc.constantFrom('>', '<'), fc.nat(9)).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.array(requirement), fc.dictionary(name, value), (parts, labels) => {
        const once = parseLabelSelector(parts.join(','))
        const again = parseLabelSelector(String(once))
        expect(String(again)).toBe(String(once))
        expect(again.matches(labels)).toBe(once.matches(labels))
      }),
    )
  })

  test('validation tells all that is wrong', () => {
    const errors = new FieldErrors()
    const selector: LabelSelectorSpec = {
      matchLabels: { ok: '-' },
      matchExpressions: [
        { key: 'a', operator: 'In' },
        { key: 'a', operator: 'Exists', values: ['x'] },
        { key: '/a', operator: 'X' },
      ],
    }
    validateLabelSelector(selector, errors, 'spec.selector')
    expect(errors.list.map(({ field, type }) => `${field} ${type}`)).toEqual([
      'spec.selector.matchLabels FieldValueInvalid',
      'spec.selector.matchExpressions[0].values FieldValueRequired',
      'spec.selector.matchExpressions[1].values FieldValueForbidden',
      'spec.selector.matchExpressions[2].operator FieldValueInvalid',
      'spec.selector.matchExpressions[2].key FieldValueInvalid',
    ])
  })
})

describe('field selectors', () => {
  test('terms are sorted, escapes resolved', () => {
    const selector = parseFieldSelector('spec.b!=x\\,y,,metadata.name==a\\=b')
    expect(selector.terms).toEqual([
      { field: 'metadata.name', operator: '=', value: 'a=b' },
      { field: 'spec.b', operator: '!=', value: 'x,y' },
    ])
    expect(String(selector)).toBe('metadata.name=a\\=b,spec.b!=x\\,y')
    expect(selector.matches({ 'metadata.name': 'a=b' })).toBe(true)
    expect(selector.matches({ 'metadata.name': 'a=b', 'spec.b': 'x,y' })).toBe(false)
    expect(selector.exactMatch('metadata.name')).toBe('a=b')
  })

  const refused: readonly (readonly [string, string])[] = [
    ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ]
  for (const [text, want] of refused) {
    test(`refuses ${text}`, () => expect(() => parseFieldSelector(text)).toThrow(new Error(want)))
  }

  test('labels that a kind does not have are refused in its words', () => {
    const selector = parseFieldSelector('spec.x=1')
    expect(() => selector.transform(metadataFieldLabels)).toThrow(
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(() => selector.transform(fieldLabels(['spec.y']))).toThrow('field label not supported: spec.x')
    const renamed = selector.transform(fieldLabels(new Map([['spec.x', 'x']])))
    expect(String(renamed)).toBe('x=1')
  })

  test('any value survives', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const escaped = value.replace(/[\\,=]/g, '\\$&')
        expect(parseFieldSelector(`a=${escaped}`).terms[0]?.value).toBe(value)
      }),
    )
  })
})
