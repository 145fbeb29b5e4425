import type { Library } from '../library.js'
import { fixed } from '../ranges.js'
import { objectType, types } from '../types.js'
import { CelError, int, Opaque } from '../values.js'
import { walksText } from './costs.js'
import { fn, member, overload } from './declare.js'
import { compareSemver, parseLooseSemver, parseSemver, type SemanticVersion } from './semver-version.js'

export const semverType = objectType('kubernetes.Semver')

export class SemverValue extends Opaque {
  readonly type = semverType

  constructor(readonly version: SemanticVersion) {
    super()
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof SemverValue)) throw new CelError('no such overload')
    return compareSemver(this.version, other.version) === 0
  }
}

/** Source: apiserver pkg/cel/library/semverlib.go. */
export function semverLibrary(): Library {
  const parse = (text: string, normalize = false): SemverValue =>
    new SemverValue(normalize ? parseLooseSemver(text) : parseSemver(text))
  const isSemver = (text: string, normalize = false): boolean => {
    try {
      parse(text, normalize)
      return true
    } catch (error) {
      if (error instanceof CelError) return false
      throw error
    }
  }
  const compare = ({ version }: SemverValue, { version: other }: SemverValue) => compareSemver(version, other)
  const pair = [semverType, semverType]
  return {
    name: 'kubernetes.Semver',
    equality: [{ type: semverType, estimate: () => fixed(1) }],
    since: 33,
    functions: [
      fn(
        'semver',
        overload('string_to_semver', [types.string], semverType, parse, walksText()),
        overload('string_bool_to_semver', [types.string, types.bool], semverType, parse, walksText()),
      ),
      fn(
        'isSemver',
        overload('is_semver_string', [types.string], types.bool, isSemver, walksText()),
        overload('is_semver_string_bool', [types.string, types.bool], types.bool, isSemver, walksText()),
      ),
      fn(
        'isGreaterThan',
        member('semver_is_greater_than', pair, types.bool, (a, b) => compare(a, b) === 1),
      ),
      fn(
        'isLessThan',
        member('semver_is_less_than', pair, types.bool, (a, b) => compare(a, b) === -1),
      ),
      fn('compareTo', member('semver_compare_to', pair, types.int, compare)),
      // Numbers beyond int64 wrap around, as Go converts them.
      ...(['major', 'minor', 'patch'] as const).map((part) =>
        fn(
          part,
          member(`semver_${part}`, [semverType], types.int, ({ version }: SemverValue) =>
            int(BigInt.asIntN(64, version[part])),
          ),
        ),
      ),
    ],
  }
}
