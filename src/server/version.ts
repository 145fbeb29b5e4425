/** What `/version` and `--version` tell. kats reports the Kubernetes release whose API it serves: clients decide by it. */
export const kubernetesVersion = { major: 1, minor: 36, patch: 3 } as const

export const gitVersion = `v${kubernetesVersion.major}.${kubernetesVersion.minor}.${kubernetesVersion.patch}`

/** The body of `/version`. Source: apimachinery pkg/version.Info. */
export const versionInfo = {
  major: String(kubernetesVersion.major),
  minor: String(kubernetesVersion.minor),
  emulationMajor: String(kubernetesVersion.major),
  emulationMinor: String(kubernetesVersion.minor),
  minCompatibilityMajor: String(kubernetesVersion.major),
  minCompatibilityMinor: String(kubernetesVersion.minor - 1),
  gitVersion,
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}
