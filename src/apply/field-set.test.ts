import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  difference,
  emptySet,
  equalSets,
  type FieldSet,
  hasPath,
  intersection,
  leaves,
  printPaths,
  recursiveDifference,
  setOf,
  sizeOf,
  union,
} from './field-set.js'
import { decodeFields, encodeFields } from './fields-v1.js'

type Path = readonly string[]

const elements = ['f:a', 'f:b', 'k:{"name":"x"}', 'v:1', 'i:0'] as const
const path = fc.array(fc.constantFrom(...elements), { minLength: 1, maxLength: 4 })
const paths = fc.array(path, { maxLength: 12 })

// The slow model: a set is the texts of its paths, nothing is shared, nothing is a tree.
const model = (list: readonly Path[]): Set<string> => new Set(list.map((p) => JSON.stringify(p)))
const pathsOf = (set: FieldSet, prefix: Path = []): Path[] =>
  [...set].flatMap(([element, node]) => {
    const at = [...prefix, element]
    return [...(node.member ? [at] : []), ...pathsOf(node.children, at)]
  })
const texts = (set: FieldSet): string[] =>
  pathsOf(set)
    .map((p) => JSON.stringify(p))
    .sort()
const sorted = (set: Iterable<string>): string[] => [...set].sort()

describe('against a model that lists paths', () => {
  const both = (check: (a: readonly Path[], b: readonly Path[]) => void): void => {
    fc.assert(fc.property(paths, paths, check), { numRuns: 500 })
  }

  test('union', () =>
    both((a, b) => {
      expect(texts(union(setOf(...a), setOf(...b)))).toEqual(sorted(model([...a, ...b])))
    }))

  test('intersection', () =>
    both((a, b) => {
      const right = model(b)
      const want = sorted(model(a)).filter((p) => right.has(p))
      expect(texts(intersection(setOf(...a), setOf(...b)))).toEqual(want)
    }))

  test('difference', () =>
    both((a, b) => {
      const right = model(b)
      const want = sorted(model(a)).filter((p) => !right.has(p))
      expect(texts(difference(setOf(...a), setOf(...b)))).toEqual(want)
    }))

  test('recursive difference', () =>
    both((a, b) => {
      const under = (p: Path): boolean => b.some((q) => q.every((element, i) => element === p[i]))
      const want = sorted(model(a.filter((p) => !under(p))))
      expect(texts(recursiveDifference(setOf(...a), setOf(...b)))).toEqual(want)
    }))

  test('leaves', () =>
    both((a) => {
      const below = (p: Path): boolean =>
        a.some((q) => q.length > p.length && p.every((element, i) => element === q[i]))
      expect(texts(leaves(setOf(...a)))).toEqual(sorted(model(a.filter((p) => !below(p)))))
    }))

  test('size, membership, equality', () =>
    both((a, b) => {
      const set = setOf(...a)
      expect(sizeOf(set)).toBe(model(a).size)
      for (const p of b) expect(hasPath(set, p)).toBe(model(a).has(JSON.stringify(p)))
      expect(equalSets(set, setOf(...b))).toBe(sorted(model(a)).join() === sorted(model(b)).join())
    }))
})

describe('laws', () => {
  const three = (check: (a: FieldSet, b: FieldSet, c: FieldSet) => boolean): void => {
    const set = paths.map((list) => setOf(...list))
    fc.assert(fc.property(set, set, set, check), { numRuns: 300 })
  }

  test('union and intersection commute and associate', () =>
    three(
      (a, b, c) =>
        equalSets(union(a, b), union(b, a)) &&
        equalSets(intersection(a, b), intersection(b, a)) &&
        equalSets(union(a, union(b, c)), union(union(a, b), c)) &&
        equalSets(intersection(a, intersection(b, c)), intersection(intersection(a, b), c)),
    ))

  test('what is taken away and what is shared make the whole', () =>
    three((a, b) => equalSets(union(difference(a, b), intersection(a, b)), a)))

  test('an operation that changes nothing gives its operand back', () =>
    three(
      (a, b) =>
        union(a, intersection(a, b)) === a &&
        difference(a, difference(b, a)) === a &&
        intersection(a, union(a, b)) === a,
    ))

  test('FieldsV1 and back', () =>
    three((a) => {
      const decoded = decodeFields(JSON.parse(JSON.stringify(encodeFields(a))))
      return equalSets(decoded.set, a) && decoded.canonical
    }))
})

test('paths are told members first, each level sorted', () => {
  const set = setOf(['f:b'], ['f:b', 'f:z'], ['f:a', 'f:x'], ['f:a', 'k:{"name":"n","port":80}', 'v:"s"'], ['f:c'])
  expect(printPaths(set)).toEqual(['.b', '.c', '.a.x', '.a[name="n",port=80][="s"]', '.b.z'])
})

test('the empty set', () => {
  expect(union(emptySet, emptySet)).toBe(emptySet)
  expect(encodeFields(emptySet)).toEqual({})
})
