import { quote } from '../api/index.js'
import { parseBool } from './values/go-numbers.js'
import type { FlagType } from './values/types.js'

/** The Kubernetes release whose API and behaviour this is. */
export const kubernetesVersion = 'v1.36.3'

/** "true", "false", "raw", or a version to report instead of `kubernetesVersion`. */
export const versionFlagType: FlagType<string> = {
  name: 'version',
  parse: (text) => {
    if (text === 'raw') return text
    if (!text.startsWith('v')) return String(parseBool(text))
    checkVersion(text)
    return text
  },
  format: (value) => value,
  isZero: (value) => value === 'false',
}

/** A version may differ from ours only behind major.minor.patch. Source: component-base version/dynamic.go. */
function checkVersion(text: string): void {
  if (text === kubernetesVersion) return
  const match = /^v(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.exec(text)
  if (match === null) throw new Error(`could not parse ${quote(text)} as version`)
  if (`v${match[1]}.${match[2]}.${match[3]}` !== kubernetesVersion) {
    throw new Error(
      `version ${quote(text)} must match major/minor/patch of default version ${quote(kubernetesVersion)}`,
    )
  }
}

/**
 * What --version and --version=raw print.
 *
 * @param about more for raw: our own version, runtime and platform
 */
export function versionText(flag: string, about: string): string {
  const version = reportedVersion(flag)
  return flag === 'raw' ? `Kubernetes ${version}, ${about}\n` : `Kubernetes ${version}\n`
}

/** The version that a server with this value of --version reports. */
export const reportedVersion = (flag: string): string => (flag.startsWith('v') ? flag : kubernetesVersion)
