import { type EffectiveVersions, kubernetesRelease } from '../api/index.js'

/** What `/version` and `--version` tell. kats reports the Kubernetes release whose API it serves: clients decide by it. */
export const kubernetesVersion = { ...kubernetesRelease, patch: 3 } as const

export const gitVersion = `v${kubernetesVersion.major}.${kubernetesVersion.minor}.${kubernetesVersion.patch}`

/** The body of `/version`. Source: apimachinery pkg/version.Info. */
export const versionInfo = ({ emulated, minCompatibility }: EffectiveVersions) => ({
  major: String(kubernetesVersion.major),
  minor: String(kubernetesVersion.minor),
  emulationMajor: String(emulated.major),
  emulationMinor: String(emulated.minor),
  minCompatibilityMajor: String(minCompatibility.major),
  minCompatibilityMinor: String(minCompatibility.minor),
  gitVersion,
  ...build,
})

export type VersionInfo = ReturnType<typeof versionInfo>

const build = {
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}
