/** Semantic versions as semver.org has them, without a leading `v`. */
export interface SemanticVersion {
  /** Major, minor, patch. */
  readonly numbers: readonly bigint[]
  /** Dot-separated parts of what follows the dash; none for a release. */
  readonly prerelease: readonly string[]
}

const number = '(0|[1-9][0-9]{0,19})'
const part = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
const format = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${part}(?:\\.${part})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
)
const maxLength = 256
const zero: SemanticVersion = { numbers: [0n, 0n, 0n], prerelease: [] }

export function parseVersion(text: string): SemanticVersion | undefined {
  const match = text.length > maxLength ? null : format.exec(text)
  if (match === null) return undefined
  const numbers = match.slice(1, 4).map(BigInt)
  if (numbers.some((n) => BigInt.asUintN(64, n) !== n)) return undefined
  return { numbers, prerelease: match[4]?.split('.') ?? [] }
}

/** Below, equal to or above 0; build metadata does not count. An absent version is 0.0.0. */
export function compareVersions(a: SemanticVersion = zero, b: SemanticVersion = zero): number {
  for (const [i, left] of a.numbers.entries()) {
    const right = b.numbers[i] ?? 0n
    if (left !== right) return left < right ? -1 : 1
  }
  // A release comes after all that prepare it.
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  for (const [i, left] of a.prerelease.entries()) {
    const right = b.prerelease[i]
    if (right === undefined) return 1
    const order = comparePrerelease(left, right)
    if (order !== 0) return order
  }
  return a.prerelease.length - b.prerelease.length
}

/** Numbers by value and before words. */
function comparePrerelease(a: string, b: string): number {
  const isNumber = /^[0-9]+$/
  if (isNumber.test(a) && isNumber.test(b)) {
    const left = BigInt(a)
    const right = BigInt(b)
    return left === right ? 0 : left < right ? -1 : 1
  }
  if (isNumber.test(a) !== isNumber.test(b)) return isNumber.test(a) ? -1 : 1
  return a === b ? 0 : a < b ? -1 : 1
}
