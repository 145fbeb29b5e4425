import { describe, expect, test } from 'vitest'
import { decodeObject } from '../decode/decode.js'
import { outOfRange, plainNumbers } from '../decode/plain-numbers.js'
import { JsonNumber } from '../json-number.js'
import { structShape } from '../shapes.js'
import { decodeMerged } from './decode-merged.js'
import { goText, type Json, type JsonObject } from './json.js'
import { applyJsonPatch, decodeJsonPatch } from './json-patch.js'
import { applyMergePatch } from './merge-patch.js'
import { printJsonPatched, printMerged } from './print-patched.js'
import { applyStrategicMergePatch } from './strategic-merge.js'

const n = (literal: string): JsonNumber => new JsonNumber(literal)
const shape = structShape('apps.v1.Deployment')
const live = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'one' }, spec: { replicas: 2 } } as Json
const read = (value: Json): unknown => decodeObject(value, shape, { exactNumbers: true }).spec?.replicas

describe('patches keep numbers as they were written', () => {
  const why = (literal: string): string =>
    `json: cannot unmarshal number ${literal} into Go struct field DeploymentSpec.spec.replicas of type int32`
  for (const literal of ['1e2', '1.0', '-0.0', '100e-2', '18446744073709551616', '1e400']) {
    const set = { spec: { replicas: n(literal) } }
    test(`merge patch ${literal}`, () => {
      const patched = applyMergePatch(live as JsonObject, set, 'Ignore')
      expect(() => read(patched)).toThrow(why(literal))
      expect(printMerged(patched, set)).toContain(`"spec":{"replicas":${literal}}`)
    })
    test(`JSON patch ${literal}`, () => {
      const opened = new WeakSet()
      const { operations } = decodeJsonPatch([{ op: 'add', path: '/spec/replicas', value: n(literal) }], 'Ignore')
      const patched = applyJsonPatch(live, operations, { opened })
      expect(() => read(patched)).toThrow(why(literal))
      expect(printJsonPatched(patched, opened)).toContain(`"spec":{"replicas":${literal}}`)
    })
  }
  test('copied and moved', () => {
    const patched = applyJsonPatch(live, [
      { op: 'add', path: '/spec/a', value: { b: [n('1.0')] } },
      { op: 'copy', from: '/spec/a', path: '/spec/c' },
      { op: 'move', from: '/spec/a/b/0', path: '/spec/d' },
    ])
    expect(patched).toMatchObject({ spec: { a: { b: [] }, c: { b: [n('1.0')] }, d: n('1.0') } })
  })
  test('a number is nothing to go into', () =>
    expect(() =>
      applyJsonPatch(live, [
        { op: 'add', path: '/spec/replicas', value: n('1.0') },
        { op: 'add', path: '/spec/replicas/literal', value: 'x' },
      ]),
    ).toThrow('the server rejected our request'))
  test.each<[Json, boolean]>([
    [2, true],
    [n('2.0'), false],
    [n('2e0'), false],
    ['2', false],
  ])('what is tested is the text: %s', (value, passes) => {
    const run = (): Json => applyJsonPatch(live, [{ op: 'test', path: '/spec/replicas', value }])
    if (passes) expect(run).not.toThrow()
    else expect(run).toThrow()
  })
})

describe('a strategic merge patch has floats', () => {
  const merged = (spec: JsonObject): unknown =>
    decodeMerged(applyStrategicMergePatch(live as JsonObject, { spec }, shape), shape, { exactNumbers: true }).spec
  test.each<[string, number]>([
    ['1e2', 100],
    ['3.0', 3],
    ['-0.0', 0],
    ['4294967297.0', 1],
  ])('%s in an integer field', (literal, replicas) =>
    expect(merged({ replicas: n(literal) })).toMatchObject({ replicas }),
  )
  test.each<[JsonObject, string]>([
    [{ template: { spec: { nodeName: n('1.0') } } }, 'unrecognized type: string'],
    [{ strategy: n('1.0') }, 'cannot restore struct from: float64'],
    [{ replicas: n('1.5e-1') }, 'cannot convert float64 to int32'],
  ])('%j', (spec, want) => expect(() => merged(spec)).toThrow(want))
  test.each<[Json, string]>([
    [n('1e2'), '100'],
    [n('4294967297.0'), '4.294967297e+09'],
    [n('-0.0'), '-0'],
    [n('1e-400'), '0'],
    [n('9223372036854775808'), '9.223372036854776e+18'],
    [{ a: [n('1.0')] }, 'map[a:[1]]'],
  ])('printed: %j', (value, want) => expect(goText(value)).toBe(want))
})

describe('numbers that no float64 holds', () => {
  const beyond = 'json: cannot unmarshal number 1e400 into Go'
  test.each<[string, () => unknown, string | undefined]>([
    [
      'merge patch',
      () => applyMergePatch({}, { a: [n('1e400')] }),
      `error decoding patch: ${beyond} value of type float64`,
    ],
    ['merge patch, ignoring', () => applyMergePatch({}, { a: [n('1e400')] }, 'Ignore'), undefined],
    ['strategic', () => applyStrategicMergePatch({}, { a: n('1e400') }, shape), `${beyond} value of type float64`],
    [
      'JSON patch',
      () => decodeJsonPatch([{ op: 'add', path: '/a', value: { b: n('1e400') } }]),
      `error decoding patch: ${beyond} struct field jsonPatchOp.value of type float64`,
    ],
    ['JSON patch, elsewhere', () => decodeJsonPatch([{ op: 'add', path: '/a', extra: n('1e400') }]), undefined],
    [
      'JSON patch, ignoring',
      () => decodeJsonPatch([{ op: 'add', path: '/a', value: n('1e400') }], 'Ignore'),
      undefined,
    ],
  ])('%s', (_, run, want) => {
    if (want === undefined) expect(run).not.toThrow()
    else expect(run).toThrow(want)
  })
  test.each<[unknown, string | undefined]>([
    [1, undefined],
    [n('1e308'), undefined],
    [n('-1e309'), '-1e309'],
    [{ a: 1, b: [{ c: n('1e309') }, n('2e309')] }, '1e309'],
    [null, undefined],
  ])('found in %j', (value, want) => expect(outOfRange(value)).toBe(want))
})

test('plain numbers share what has none to turn', () => {
  const same = { a: [1, { b: 'x' }] }
  expect(plainNumbers(same)).toBe(same)
  const mixed = { same, other: [n('1.0'), JSON.parse('{"__proto__":1e2}')] }
  const plain = plainNumbers(mixed) as typeof mixed
  expect(plain.same).toBe(same)
  expect(plain.other).toEqual([1, JSON.parse('{"__proto__":1e2}')])
})
