import { describe, expect, test } from 'vitest'
import { compareReleases, facts, factsIndex, parseRelease, releaseText } from '../../api/index.js'
import { catalog, lifecycleOf } from '../../registry/index.js'
import type { GenericOptions } from '../config.js'
import { completeConfig } from './complete.js'
import { effectiveVersions } from './effective-versions.js'
import { emulatedApis } from './emulated-apis.js'
import { knownVersions } from './known-versions.js'
import { enabledApis } from './runtime-config.js'
import { validateConfig } from './validate.js'

describe('the oldest release to be compatible with', () => {
  test.each([
    ['1.36', '', '1.35'],
    ['1.34', '', '1.33'],
    ['1.33', '', '1.33'],
    ['1.36', '1.36', '1.36'],
  ])('emulated %s, given %j: %s', (emulatedVersion, minCompatibilityVersion, want) => {
    const versions = effectiveVersions({ emulatedVersion, minCompatibilityVersion })
    expect([releaseText(versions.emulated), releaseText(versions.minCompatibility)]).toEqual([emulatedVersion, want])
  })
})

describe('problems', () => {
  const same = 'cannot be set to true if the emulation version is the same as the binary version'
  const cases: [GenericOptions, string[]][] = [
    [{ emulatedVersion: '1.33' }, []],
    [{ emulatedVersion: '1.37' }, ['emulation version 1.37 is not between [1.33, 1.36.0]']],
    [
      { emulatedVersion: '1.30' },
      [
        'emulation version 1.30 is not between [1.33, 1.36.0]',
        'minCompatibilityVersion version 1.33 is not between [1.33, 1.30]',
      ],
    ],
    [
      { emulatedVersion: '1.34', minCompatibilityVersion: '1.35' },
      ['minCompatibilityVersion version 1.35 is not between [1.33, 1.34]'],
    ],
    [{ minCompatibilityVersion: '1.32' }, ['minCompatibilityVersion version 1.32 is not between [1.33, 1.36]']],
    [{ emulatedVersion: '1.36.1' }, ['patch version not allowed, got: kube=1.36.1']],
    [{ emulatedVersion: 'x', goawayChance: 1 }, ['could not parse "x" as version']],
    [{ emulationForwardCompatible: true }, [`ServerRunOptions.EmulationForwardCompatible ${same}`]],
    [
      { runtimeConfigEmulationForwardCompatible: true },
      [`ServerRunOptions.RuntimeConfigEmulationForwardCompatible ${same}`],
    ],
  ]
  for (const [generic, want] of cases)
    test(JSON.stringify(generic), () => expect(validateConfig(completeConfig({ generic }))).toEqual(want))
})

test('the facts say of all versions when they came and went', () => {
  for (const { group, versions, resource, kind } of catalog) {
    for (const { version } of versions) {
      const name = factsIndex().groupVersions.find((gv) => gv.group === group && gv.version === version)?.name
      if (name === undefined) continue
      const { introduced, removed } = facts(name).kinds[kind] ?? {}
      const known = lifecycleOf(group, version, resource)
      const want = {
        ...(introduced &&
          compareReleases(parseRelease(introduced), parseRelease('1.33')) > 0 && {
            introduced: parseRelease(introduced),
          }),
        ...(removed &&
          compareReleases(parseRelease(removed), parseRelease('1.36')) <= 0 && {
            removed: parseRelease(removed),
          }),
      }
      expect(known, `${group}/${version} ${resource}`).toEqual(want)
    }
  }
})

/** Versions of resources that are served, out of those that differ between releases. */
function served(emulated: string, config: Record<string, string> = {}, flags: Partial<GenericOptions> = {}): string[] {
  const { emulationForwardCompatible = false, runtimeConfigEmulationForwardCompatible = false } = flags
  const is = emulatedApis(enabledApis(config, knownVersions(), emulationForwardCompatible), {
    versions: effectiveVersions({ emulatedVersion: emulated, minCompatibilityVersion: '' }),
    emulationForwardCompatible,
    runtimeConfigEmulationForwardCompatible,
    enabled: () => true,
  })
  const probes = [
    ['admissionregistration.k8s.io', 'mutatingadmissionpolicies'],
    ['admissionregistration.k8s.io', 'validatingadmissionpolicies'],
    ['resource.k8s.io', 'deviceclasses'],
    ['resource.k8s.io', 'devicetaintrules'],
    ['storage.k8s.io', 'volumeattributesclasses'],
  ] as const
  return probes.map(([group, resource]) => {
    const { versions } = catalog.find((entry) => entry.group === group && entry.resource === resource)!
    return `${resource} ${versions.flatMap(({ version }) => (is(group, version, resource) ? [version] : [])).join(',')}`
  })
}

describe('what a release serves', () => {
  const all = { 'api/all': 'true' }
  const cases: [...Parameters<typeof served>, string][] = [
    ['1.36', {}, {}, 'v1; v1; v1; ; v1'],
    ['1.35', {}, {}, '; v1; v1; ; v1'],
    ['1.34', {}, {}, '; v1; v1; ; v1'],
    ['1.33', {}, {}, '; v1; ; ; '],
    ['1.36', all, {}, 'v1,v1beta1,v1alpha1; v1; v1,v1beta2,v1beta1; v1beta2,v1alpha3; v1,v1beta1'],
    ['1.35', all, {}, 'v1beta1,v1alpha1; v1; v1,v1beta2,v1beta1; v1alpha3; v1,v1beta1'],
    ['1.33', all, {}, 'v1alpha1; v1,v1beta1; v1beta2,v1beta1; v1alpha3; v1beta1'],
    // An alpha version brings nothing with it.
    [
      '1.33',
      all,
      { emulationForwardCompatible: true },
      'v1alpha1; v1,v1beta1; v1,v1beta2,v1beta1; v1alpha3; v1,v1beta1',
    ],
    [
      '1.33',
      { 'resource.k8s.io/v1beta1': 'true' },
      { emulationForwardCompatible: true },
      '; v1; v1,v1beta2,v1beta1; ; ',
    ],
    [
      '1.33',
      { 'resource.k8s.io/v1beta1/deviceclasses': 'true', 'resource.k8s.io/v1': 'false' },
      { emulationForwardCompatible: true },
      '; v1; v1,v1beta2,v1beta1; ; ',
    ],
    ['1.33', { 'resource.k8s.io/v1': 'true' }, { runtimeConfigEmulationForwardCompatible: true }, '; v1; v1; ; '],
  ]
  for (const [release, config, flags, want] of cases) {
    test(`${release} ${JSON.stringify(config)} ${Object.keys(flags!).join()}`, () => {
      expect(
        served(release, config, flags)
          .map((text) => text.slice(text.indexOf(' ') + 1))
          .join('; '),
      ).toBe(want)
    })
  }
  test.each([
    [
      '1.33',
      'resource.k8s.io/v1',
      'cannot enable version resource.k8s.io/v1 in runtime-config because all the resources have been introduced after the current version 1.33. Consider setting --runtime-config-emulation-forward-compatible=true',
    ],
    [
      '1.35',
      'admissionregistration.k8s.io/v1/mutatingadmissionpolicies',
      'cannot enable resource admissionregistration.k8s.io/v1, Resource=mutatingadmissionpolicies in runtime-config because it is introduced at 1.36 after the current version 1.35. Consider setting --runtime-config-emulation-forward-compatible=true',
    ],
  ])('%s cannot have %s', (release, key, want) => expect(() => served(release, { [key]: 'true' })).toThrow(want))
})
