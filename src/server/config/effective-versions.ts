import {
  compareReleases,
  type EffectiveVersions,
  featureGateProblems,
  minorBefore,
  parseRelease,
  parseVersionNumbers,
  releaseText,
} from '../../api/index.js'
import type { ServerConfig } from '../config.js'
import { kubernetesVersion } from '../version.js'

/** The oldest release that can be emulated: three before this one. Source: apiserver pkg/util/compatibility. */
const floor = { major: kubernetesVersion.major, minor: kubernetesVersion.minor - 3 }

type Versions = Pick<ServerConfig['generic'], 'emulatedVersion' | 'minCompatibilityVersion'>

/** Which release the server behaves as. The versions must be without problems, or at least be versions. */
export function effectiveVersions({ emulatedVersion, minCompatibilityVersion }: Versions): EffectiveVersions {
  const emulated = parseRelease(emulatedVersion)
  if (minCompatibilityVersion !== '') return { emulated, minCompatibility: parseRelease(minCompatibilityVersion) }
  const before = minorBefore(emulated)
  return { emulated, minCompatibility: compareReleases(before, floor) < 0 ? floor : before }
}

/** Whether an older release is emulated. */
export const emulates = ({ emulated }: EffectiveVersions): boolean => compareReleases(emulated, kubernetesVersion) !== 0

/**
 * What is wrong with versions and feature gates by themselves; nothing else is looked at as long as that is not mended.
 * Source: component-base compatibility/registry.go.
 */
export function setProblems({ generic, features }: Pick<ServerConfig, 'generic' | 'features'>): string[] {
  for (const text of [generic.emulatedVersion, generic.minCompatibilityVersion]) {
    if (text === '') continue
    try {
      const numbers = parseVersionNumbers(text)
      if ((numbers[2] ?? 0) !== 0) return [`patch version not allowed, got: kube=${numbers.join('.')}`]
    } catch (error) {
      return [(error as Error).message]
    }
  }
  return featureGateProblems(features.gates, effectiveVersions(generic))
}

/** Whether these versions can be had together. Source: component-base compatibility/version.go. */
export function* versionProblems(generic: ServerConfig['generic']): Iterable<string> {
  const versions = effectiveVersions(generic)
  const { emulated, minCompatibility } = versions
  if (compareReleases(emulated, kubernetesVersion) > 0 || compareReleases(emulated, floor) < 0) {
    yield `emulation version ${releaseText(emulated)} is not between [${releaseText(floor)}, ${releaseText(kubernetesVersion)}.0]`
  }
  if (compareReleases(minCompatibility, emulated) > 0 || compareReleases(minCompatibility, floor) < 0) {
    yield `minCompatibilityVersion version ${releaseText(minCompatibility)} is not between [${releaseText(floor)}, ${releaseText(emulated)}]`
  }
  if (emulates(versions)) return
  const same = 'cannot be set to true if the emulation version is the same as the binary version'
  if (generic.emulationForwardCompatible) yield `ServerRunOptions.EmulationForwardCompatible ${same}`
  if (generic.runtimeConfigEmulationForwardCompatible) {
    yield `ServerRunOptions.RuntimeConfigEmulationForwardCompatible ${same}`
  }
}
