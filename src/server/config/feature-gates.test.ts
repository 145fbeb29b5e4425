import { describe, expect, test } from 'vitest'
import { featureGateProblems, featureGates, knownFeatureGates } from './feature-gates.js'

test('the table is whole', () => {
  const gates = [...knownFeatureGates().values()]
  expect(gates.length).toBeGreaterThan(200)
  for (const gate of gates) expect(['Alpha', 'Beta', 'GA', 'Deprecated'], gate.name).toContain(gate.stage)
  // Alpha features are off, and whatever is locked and GA is on.
  expect(gates.filter((gate) => gate.stage === 'Alpha' && gate.default).map(({ name }) => name)).toEqual([])
  expect(gates.filter((gate) => gate.stage === 'GA' && gate.locked && !gate.default).map(({ name }) => name)).toEqual(
    [],
  )
})

describe('problems', () => {
  const locked = [...knownFeatureGates().values()].find((gate) => gate.locked && gate.stage === 'GA')!.name
  const cases: [Record<string, boolean>, string[]][] = [
    [{}, []],
    [{ AllAlpha: true, AllBeta: false, APIServerIdentity: false }, []],
    [{ Foo: true }, ['unrecognized feature gate: Foo']],
    [{ __proto__: true } as never, []],
    [JSON.parse('{"__proto__": true}') as Record<string, boolean>, ['unrecognized feature gate: __proto__']],
    [{ [locked]: true }, []],
    [
      { [locked]: false, Foo: true },
      [`cannot set feature gate ${locked} to false, feature is locked to true`, 'unrecognized feature gate: Foo'],
    ],
  ]
  for (const [gates, want] of cases) {
    test(JSON.stringify(gates), () => expect(featureGateProblems(gates)).toEqual(want))
  }
})

describe('values', () => {
  const alpha = [...knownFeatureGates().values()].find(
    (gate) => gate.stage === 'Alpha' && gate.name !== 'AllAlpha',
  )!.name
  test('are the defaults', () => {
    const gates = featureGates({})
    expect([gates.enabled('APIServerIdentity'), gates.enabled(alpha), gates.enabled('Foo')]).toEqual([
      true,
      false,
      false,
    ])
    expect(gates.changed).toEqual([])
  })
  test('follow AllAlpha and AllBeta, unless they are named themselves', () => {
    expect(featureGates({ AllAlpha: true }).enabled(alpha)).toBe(true)
    expect(featureGates({ AllAlpha: true, [alpha]: false }).enabled(alpha)).toBe(false)
    const none = featureGates({ AllBeta: false, APIResponseCompression: true })
    expect([none.enabled('APIServerIdentity'), none.enabled('APIResponseCompression')]).toEqual([false, true])
  })
})
