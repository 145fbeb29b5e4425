import { quote } from '../quote.js'

/** A release of Kubernetes, without its patches: 1.36. */
export interface Release {
  readonly major: number
  readonly minor: number
}

/** The release whose API this is. */
export const kubernetesRelease = { major: 1, minor: 36 } as const satisfies Release

export const releaseText = ({ major, minor }: Release): string => `${major}.${minor}`

/** Below 0, 0 or above 0, as for a sort. */
export const compareReleases = (a: Release, b: Release): number => a.major - b.major || a.minor - b.minor

export const minorBefore = ({ major, minor }: Release): Release => ({ major, minor: Math.max(0, minor - 1) })

/**
 * Reads `1.36`, `v1.36` or `1.36.0`.
 *
 * @returns all numbers: a patch and what follows it are for the caller to judge
 * @throws Error with the wording of apimachinery pkg/util/version
 */
export function parseVersionNumbers(text: string): readonly number[] {
  const match = /^\s*v?(\d+(?:\.\d+)*)/.exec(text)
  if (match === null || text.includes('\n')) throw new Error(`could not parse ${quote(text)} as version`)
  const parts = match[1]!.split('.')
  if (parts.length < 2) throw new Error(`illegal version string ${quote(text)}`)
  if (/^0./.test(parts[0]!)) {
    throw new Error(`illegal zero-prefixed version component ${quote(parts[0]!)} in ${quote(text)}`)
  }
  return parts.map((part) => {
    if (part.length > 15) {
      throw new Error(
        `illegal non-numeric version component ${quote(part)} in ${quote(text)}: strconv.ParseUint: parsing ${quote(part)}: value out of range`,
      )
    }
    return Number(part)
  })
}

/** The release of a version text that is known to be one. */
export function parseRelease(text: string): Release {
  const [major = 0, minor = 0] = parseVersionNumbers(text)
  return { major, minor }
}
