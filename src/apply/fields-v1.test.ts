import { describe, expect, test } from 'vitest'
import { printPaths } from './field-set.js'
import { decodeFields, encodeFields } from './fields-v1.js'
import {
  canonicalElement,
  compareElements,
  FieldsError,
  keyElement,
  printElement,
  valueElement,
} from './path-element.js'

describe('an element in canonical form', () => {
  const cases: [string, string | undefined][] = [
    ['f:a', 'f:a'],
    ['f:', 'f:'],
    ['f:with "quotes"', 'f:with "quotes"'],
    ['k:{"name":"x"}', 'k:{"name":"x"}'],
    ['k:{ "name" : "x" }', 'k:{"name":"x"}'],
    ['k:{"protocol":"TCP","containerPort":80}', 'k:{"containerPort":80,"protocol":"TCP"}'],
    ['k:{"a":"<&>"}', 'k:{"a":"\\u003c\\u0026\\u003e"}'],
    ['k:{"__proto__":1}', 'k:{"__proto__":1}'],
    ['k:null', 'k:{}'],
    ['v:1.0', 'v:1'],
    ['v:"a"', 'v:"a"'],
    ['v:"\\b\\\\b"', 'v:"\\u0008\\\\b"'],
    ['v:null', 'v:null'],
    ['i:7', 'i:7'],
    ['i:-1', 'i:-1'],
    ['x:later', undefined],
  ]
  for (const [raw, want] of cases) test(raw, () => expect(canonicalElement(raw)).toBe(want))
})

describe('what is no element', () => {
  for (const raw of ['', 'f', 'name', 'k:', 'k:[1]', 'k:"x"', 'k:{', 'v:', 'v:{', 'i:', 'i:x', 'i:1.5'])
    test(JSON.stringify(raw), () => expect(() => canonicalElement(raw)).toThrow(FieldsError))
})

test('order: fields, keys, values, indices; bytes, then numbers before strings before booleans', () => {
  const sorted = [
    'f:A',
    'f:a',
    'f:a.b',
    'f:ab',
    'f:\uffff',
    'f:\u{10000}',
    'k:{"a":1}',
    'k:{"a":2}',
    'k:{"a":10}',
    'k:{"a":"1"}',
    'k:{"a":"1","b":"a"}',
    'k:{"a":"1","b":"b"}',
    'k:{"a":"1!"}',
    'k:{"a":"1a"}',
    'k:{"b":1}',
    'v:2',
    'v:10',
    'v:"a"',
    'v:"a b"',
    'v:"ab"',
    'v:false',
    'v:true',
    'v:null',
    'i:2',
    'i:10',
  ]
  for (const [i, a] of sorted.entries())
    for (const [j, b] of sorted.entries())
      expect([a, b, Math.sign(compareElements(a, b))]).toEqual([a, b, Math.sign(i - j)])
})

test('elements print as Go prints them, numbers from managedFields as floats', () => {
  expect(
    printElement(
      keyElement([
        ['p', 1000000],
        ['s', 'a"b'],
      ]),
      true,
    ),
  ).toBe('[p=1e+06,s="a\\"b"]')
  expect(printElement(keyElement([['p', 1000000]]), false)).toBe('[p=1000000]')
  expect(printElement(valueElement(true), true)).toBe('[=true]')
})

describe('decoding', () => {
  test('unknown elements are dropped, a node without known ones is a member', () => {
    const { set, canonical } = decodeFields({ 'f:a': { 'x:b': {} }, 'x:c': {} })
    expect(printPaths(set)).toEqual(['.a'])
    expect(canonical).toBe(false)
  })

  test('a dot makes a member, at the top it means nothing', () => {
    expect(printPaths(decodeFields({ '.': {}, 'f:a': { '.': {}, 'f:b': {} } }).set)).toEqual(['.a', '.a.b'])
    expect(decodeFields({ '.': {} }).set.size).toBe(0)
  })

  test('an element written twice: both are members, below it the last counts', () => {
    const { set } = decodeFields({ 'k:{"n":1}': { 'f:a': {} }, 'k:{"n":1.0}': { 'f:b': {} } })
    expect(encodeFields(set)).toEqual({ 'k:{"n":1}': { 'f:b': {} } })
  })

  test('canonical only if sorted', () => {
    expect(decodeFields({ 'f:a': {}, 'f:b': {} }).canonical).toBe(true)
    expect(decodeFields({ 'f:b': {}, 'f:a': {} }).canonical).toBe(false)
    expect(decodeFields({ 'f:a': { 'f:b': {}, '.': {} } }).canonical).toBe(false)
  })

  for (const bad of ['x', 1, [], [1], { 'f:a': 'x' }, { bad: {} }, { 'f:a': { '': {} } }])
    test(`malformed: ${JSON.stringify(bad)}`, () => expect(() => decodeFields(bad)).toThrow(FieldsError))

  test('too deep', () => {
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 5_000; i++) deep = { 'f:a': deep }
    expect(() => decodeFields(deep)).toThrow(FieldsError)
    expect(() => decodeFields({ [`v:${'['.repeat(100_000)}${']'.repeat(100_000)}`]: {} })).toThrow()
  })

  test('a megabyte, unsorted, takes bounded time', () => {
    const fields: Record<string, unknown> = {}
    for (let i = 0; i < 60_000; i++) fields[`k:{"name":"${(i * 7919) % 60_000}"}`] = {}
    const start = performance.now()
    expect(Object.keys(encodeFields(decodeFields({ 'f:a': fields }).set)['f:a'] as object)).toHaveLength(60_000)
    expect(performance.now() - start).toBeLessThan(3_000)
  })
})
