import { describe, expect, test } from 'vitest'
import { humanDuration, labelsText, selectorCell, selectorMessage, selectorText, since } from './format.js'

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** Seconds and what people say. */
const durations: [number, string][] = [
  [-2, '<invalid>'],
  [-1.5, '0s'],
  [-0.5, '0s'],
  [0, '0s'],
  [1.9, '1s'],
  [119, '119s'],
  [120, '2m'],
  [121, '2m1s'],
  [10 * minute - 1, '9m59s'],
  [10 * minute + 1, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + minute, '3h1m'],
  [8 * hour + minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + hour, '2d1h'],
  [8 * day + hour, '8d'],
  [2 * year - 1, '729d'],
  [2 * year, '2y'],
  [2 * year + day, '2y1d'],
  [8 * year + day, '8y'],
]

describe('humanDuration', () => {
  for (const [seconds, text] of durations) {
    test(`${seconds} s`, () => expect(humanDuration(seconds * 1_000)).toBe(text))
  }
})

test('since', () => {
  const now = Date.parse('2024-01-01T00:01:00Z')
  expect(since('2024-01-01T00:00:00Z', now)).toBe('60s')
  expect(since('2024-01-01T00:00:00.500000Z', now)).toBe('59s')
  expect(since(null, now)).toBe('<unknown>')
  expect(since(undefined, now)).toBe('<unknown>')
})

test('labels', () => {
  expect(labelsText(undefined)).toBe('<none>')
  expect(labelsText({ b: '2', a: '' })).toBe('a=,b=2')
})

describe('selectors', () => {
  const all = {
    matchLabels: { z: '1', b: '2' },
    matchExpressions: [
      { key: 'x', operator: 'In', values: ['q', 'p'] },
      { key: 'c', operator: 'NotIn', values: ['r'] },
      { key: 'd', operator: 'Exists' },
      { key: 'a', operator: 'DoesNotExist' },
    ],
  }
  test('are sorted by key', () => expect(selectorText(all)).toBe('!a,b=2,c notin (r),d,x in (p,q),z=1'))
  test('of nothing or all', () => expect([selectorCell(undefined), selectorCell({})]).toEqual(['<none>', '<none>']))
  test('that are invalid', () => {
    expect(selectorCell({ matchExpressions: [{ key: 'a', operator: 'In' }] })).toBe('<error>')
    expect(selectorCell({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] })).toBe('<error>')
  })
  test('as Go prints their message', () => {
    expect(
      selectorMessage({
        matchLabels: { b: '2', a: '1' },
        matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }],
      }),
    ).toBe(
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}',
    )
  })
})
