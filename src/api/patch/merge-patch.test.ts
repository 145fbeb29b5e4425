import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalJson, isObject } from '../object.js'
import type { Json, JsonObject } from './json.js'
import { applyMergePatch } from './merge-patch.js'

const cases: [JsonObject, JsonObject, JsonObject][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
  [{ a: 1 }, { a: [{ b: null, c: [null] }] }, { a: [{ c: [null] }] }],
  [{ a: {} }, { a: [{ b: null }] }, { a: [{ b: null }] }],
]

describe('applyMergePatch', () => {
  for (const [document, patch, result] of cases) {
    test(`${JSON.stringify(document)} ${JSON.stringify(patch)}`, () => {
      const before = structuredClone([document, patch])
      expect(applyMergePatch(document, patch)).toEqual(result)
      expect([document, patch]).toEqual(before)
    })
  }

  test('__proto__ is a name like any other', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":1},"a":{"constructor":{"x":1}}}')
    const result = applyMergePatch({ a: {} }, patch)
    expect(JSON.stringify(result)).toBe('{"a":{"constructor":{"x":1}},"__proto__":{"polluted":1}}')
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(JSON.stringify(applyMergePatch(result as JsonObject, JSON.parse('{"__proto__":null}')))).toBe(
      '{"a":{"constructor":{"x":1}}}',
    )
  })

  test('what is not an object is refused', () => {
    const unmarshal = (kind: string) =>
      `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
    expect(() => applyMergePatch({}, [])).toThrowError(unmarshal('array'))
    expect(() => applyMergePatch({}, 'x')).toThrowError(unmarshal('string'))
    expect(() => applyMergePatch({}, 5)).toThrowError(unmarshal('number'))
    expect(() => applyMergePatch({}, null)).toThrowError('Invalid JSON Patch')
    expect(() => applyMergePatch({}, 5, 'Ignore')).toThrowError('Invalid JSON Patch')
    expect(applyMergePatch({}, [{ a: null }], 'Ignore')).toEqual([{}])
  })

  const values = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Json>('x', 1, true, ''),
      fc.array(tie('value'), { maxLength: 2 }),
      tie('object'),
    ),
    object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  }))

  test('a patch made from a difference leads to the target, and applying it again changes nothing', () => {
    fc.assert(
      fc.property(values.object, values.object, (from, to) => {
        const patch = difference(from, to)
        const once = applyMergePatch(from, patch)
        expect(equalJson(once, to)).toBe(true)
        expect(equalJson(applyMergePatch(once as JsonObject, patch), once)).toBe(true)
      }),
    )
  })

  test('an object is its own patch, the empty patch changes nothing', () => {
    fc.assert(
      fc.property(values.object, (object) => {
        expect(applyMergePatch(object, {})).toEqual(object)
        expect(applyMergePatch(object, object)).toEqual(object)
        expect(applyMergePatch({}, object)).toEqual(object)
      }),
    )
  })
})

/** For values without nulls. */
function difference(from: JsonObject, to: JsonObject): JsonObject {
  const entries: [string, Json][] = []
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) entries.push([key, null])
  for (const key of Object.keys(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    const after = to[key]!
    if (isObject(before) && isObject(after)) entries.push([key, difference(before, after)])
    else if (!equalJson(before, after)) entries.push([key, after])
  }
  return Object.fromEntries(entries)
}
