import { quote } from '../../api/index.js'
import { CelError } from '../values.js'

/** A semantic version. Source of grammar and error texts: blang/semver v4. */
export interface SemanticVersion {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  /** Numbers are bigints. */
  readonly pre: readonly (string | bigint)[]
  readonly build: readonly string[]
}

const maxUint64 = 0xffffffffffffffffn
const isNumber = (text: string): boolean => /^[0-9]+$/.test(text)
const isWord = (text: string): boolean => /^[0-9A-Za-z-]+$/.test(text)
const hasLeadingZero = (text: string): boolean => text.length > 1 && text.startsWith('0')

/** @throws CelError with upstream's text */
export function parseSemver(text: string): SemanticVersion {
  if (text === '') throw new CelError('Version string empty')
  const parts = splitN(text, 3)
  if (parts.length !== 3) throw new CelError('No Major.Minor.Patch elements found')
  const major = number('Major', 'major', parts[0]!)
  const minor = number('Minor', 'minor', parts[1]!)
  const [withoutBuild, build] = cut(parts[2]!, '+')
  const [patchText, pre] = cut(withoutBuild, '-')
  const patch = number('Patch', 'patch', patchText)
  return { major, minor, patch, pre: pre.map(prePart), build: build.map(buildPart) }
}

/** Takes a leading `v`, leading zeros and missing parts too. */
export function parseLooseSemver(text: string): SemanticVersion {
  const parts = splitN(text.startsWith('v') ? text.slice(1) : text, 3).map((part) => {
    if (part.length <= 1) return part
    const bare = part.replace(/^0+/, '')
    return /^[0-9]/.test(bare) ? bare : `0${bare}`
  })
  if (parts.length < 3) {
    if (/[+-]/.test(parts.at(-1)!)) throw new CelError('short version cannot contain PreRelease/Build meta data')
    while (parts.length < 3) parts.push('0')
  }
  return parseSemver(parts.join('.'))
}

/** -1, 0 or 1; what is behind `+` does not count. */
export function compareSemver(a: SemanticVersion, b: SemanticVersion): -1 | 0 | 1 {
  const main = order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch)
  if (main !== 0) return main
  // A version without pre-release parts is the later one.
  if (a.pre.length === 0 || b.pre.length === 0)
    return order(b.pre.length, a.pre.length) && (a.pre.length === 0 ? 1 : -1)
  for (let i = 0; i < a.pre.length && i < b.pre.length; i++) {
    const [own, other] = [a.pre[i]!, b.pre[i]!]
    const difference =
      typeof own === typeof other ? order(own, other) : typeof own === 'bigint' ? (-1 as const) : (1 as const)
    if (difference !== 0) return difference
  }
  return order(a.pre.length, b.pre.length)
}

function order<T extends string | number | bigint>(a: T, b: T): -1 | 0 | 1 {
  return a === b ? 0 : a < b ? -1 : 1
}

function number(Name: string, name: string, text: string): bigint {
  if (text !== '' && !isNumber(text)) throw new CelError(`Invalid character(s) found in ${name} number ${quote(text)}`)
  if (hasLeadingZero(text)) throw new CelError(`${Name} number must not contain leading zeroes ${quote(text)}`)
  return uint64(text)
}

function uint64(text: string): bigint {
  if (text === '') throw new CelError('strconv.ParseUint: parsing "": invalid syntax')
  const value = text.length > 20 ? maxUint64 + 1n : BigInt(text)
  if (value > maxUint64) throw new CelError(`strconv.ParseUint: parsing ${quote(text)}: value out of range`)
  return value
}

function prePart(text: string): string | bigint {
  if (text === '') throw new CelError('Prerelease is empty')
  if (isNumber(text)) {
    if (hasLeadingZero(text))
      throw new CelError(`Numeric PreRelease version must not contain leading zeroes ${quote(text)}`)
    return uint64(text)
  }
  if (!isWord(text)) throw new CelError(`Invalid character(s) found in prerelease ${quote(text)}`)
  return text
}

function buildPart(text: string): string {
  if (text === '') throw new CelError('Build meta data is empty')
  if (!isWord(text)) throw new CelError(`Invalid character(s) found in build meta data ${quote(text)}`)
  return text
}

function splitN(text: string, most: number): string[] {
  const parts = text.split('.')
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join('.')]
}

function cut(text: string, mark: string): [before: string, after: string[]] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, []] : [text.slice(0, at), text.slice(at + 1).split('.')]
}
