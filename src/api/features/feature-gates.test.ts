import { describe, expect, test } from 'vitest'
import { featureGateProblems, featureGates, featureGateUsages, knownFeatureGates } from './feature-gates.js'
import { kubernetesRelease, parseRelease, parseVersionNumbers } from './release.js'

const versions = { emulated: kubernetesRelease, minCompatibility: parseRelease('1.35') }

test('the table is whole', () => {
  const gates = [...knownFeatureGates(kubernetesRelease).values()]
  expect(gates.length).toBeGreaterThan(200)
  for (const gate of gates) expect(['Alpha', 'Beta', 'GA', 'Deprecated'], gate.name).toContain(gate.stage)
  // Alpha features are off, and whatever is locked and GA is on.
  expect(gates.filter((gate) => gate.stage === 'Alpha' && gate.default).map(({ name }) => name)).toEqual([])
  expect(gates.filter((gate) => gate.stage === 'GA' && gate.locked && !gate.default).map(({ name }) => name)).toEqual(
    [],
  )
})

describe('problems', () => {
  const locked = [...knownFeatureGates(kubernetesRelease).values()].find(
    (gate) => gate.locked && gate.stage === 'GA',
  )!.name
  const cases: [Record<string, boolean>, string[]][] = [
    [{}, []],
    [{ AllAlpha: true, APIServerIdentity: true }, []],
    [{ AllBeta: false, APIServerIdentity: false }, []],
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
    test(JSON.stringify(gates), () => expect(featureGateProblems(gates, versions)).toEqual(want))
  }
})

describe('values', () => {
  const alpha = [...knownFeatureGates(kubernetesRelease).values()].find(
    (gate) => gate.stage === 'Alpha' && gate.name !== 'AllAlpha',
  )!.name
  test('are the defaults', () => {
    const gates = featureGates({}, kubernetesRelease)
    expect([gates.enabled('APIServerIdentity'), gates.enabled(alpha), gates.enabled('Foo')]).toEqual([
      true,
      false,
      false,
    ])
    expect(gates.changed).toEqual([])
  })
  test('follow AllAlpha and AllBeta, unless they are named themselves', () => {
    expect(featureGates({ AllAlpha: true }, kubernetesRelease).enabled(alpha)).toBe(true)
    expect(featureGates({ AllAlpha: true, [alpha]: false }, kubernetesRelease).enabled(alpha)).toBe(false)
    const none = featureGates({ AllBeta: false, APIResponseCompression: true }, kubernetesRelease)
    expect([none.enabled('APIServerIdentity'), none.enabled('APIResponseCompression')]).toEqual([false, true])
  })
})

describe('as of an older release', () => {
  const at = (text: string) => ({ emulated: parseRelease(text), minCompatibility: parseRelease('1.33') })

  test.each([
    ['1.33', 'Alpha', false],
    ['1.34', 'Beta', true],
    ['1.35', 'Beta', true],
    ['1.36', 'GA', true],
  ])('a gate is what it was in %s', (release, stage, value) => {
    const gate = knownFeatureGates(parseRelease(release)).get('MutableCSINodeAllocatableCount')!
    // Beta from 1.34 on, on by default since 1.35.
    expect([gate.stage, gate.default]).toEqual([stage, release === '1.34' ? false : value])
  })

  test('what came later cannot be set, and is off', () => {
    const later = { WorkloadWithJob: true, DRAListTypeAttributes: false, Foo: true }
    const text = 'feature is PreAlpha at emulated version 1.35, min compatibility version 1.33'
    expect(featureGateProblems(later, at('1.35'))).toEqual([
      `cannot set feature gate WorkloadWithJob to true, ${text}`,
      `cannot set feature gate DRAListTypeAttributes to false, ${text}`,
      'unrecognized feature gate: Foo',
    ])
    expect(featureGates({ AllAlpha: true }, parseRelease('1.35')).enabled('WorkloadWithJob')).toBe(false)
  })

  test('what is locked today could be set', () => {
    expect(featureGateProblems({ PodObservedGenerationTracking: false }, versions)).toHaveLength(1)
    expect(featureGateProblems({ PodObservedGenerationTracking: false }, at('1.34'))).toEqual([])
  })

  test('help lists what is neither GA nor deprecated', () => {
    expect(featureGateUsages(kubernetesRelease)).toContain('kube:AllAlpha=true|false (ALPHA - default=false)')
    expect(featureGateUsages(kubernetesRelease).join()).not.toContain('ImageVolume=')
    expect(featureGateUsages(parseRelease('1.34'))).toContain('kube:ImageVolume=true|false (BETA - default=false)')
  })
})

describe('features that need others', () => {
  test.each([
    [
      { GangScheduling: true },
      ['GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]'],
    ],
    [{ GangScheduling: true, GenericWorkload: true }, []],
    [
      { NodeDeclaredFeatures: false, ExtendWebSocketsToKubelet: false },
      [
        'InPlacePodLevelResourcesVerticalScaling is enabled, but depends on features that are disabled: [NodeDeclaredFeatures]',
        'InPlacePodVerticalScalingInitContainers is enabled, but depends on features that are disabled: [NodeDeclaredFeatures]',
        'RestartAllContainersOnContainerExits is enabled, but depends on features that are disabled: [NodeDeclaredFeatures]',
      ],
    ],
  ])('%j', (gates, want) => expect(featureGateProblems(gates as never, versions)).toEqual(want))
})

test.each([
  ['1.35', [1, 35]],
  ['v1.35.0', [1, 35, 0]],
  [' 1.35-beta.1', [1, 35]],
  ['x', 'could not parse "x" as version'],
  ['', 'could not parse "" as version'],
  ['2', 'illegal version string "2"'],
  ['01.2', 'illegal zero-prefixed version component "01" in "01.2"'],
])('version %j', (text, want) => {
  if (typeof want === 'string') expect(() => parseVersionNumbers(text)).toThrow(want)
  else expect(parseVersionNumbers(text)).toEqual(want)
})
