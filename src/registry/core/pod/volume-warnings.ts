import { child, index, quote } from '../../../api/index.js'
import { fractionWarnings } from './container-warnings.js'
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from './volume-types.js'

/** In upstream's order, with upstream's names. */
const deprecated: readonly (readonly [keyof Volume, string, string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
]
const deprecatedLater: typeof deprecated = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

export function volumeWarnings(volumes: readonly Volume[], path: string, warnings: string[]): void {
  volumes.forEach((volume, i) => {
    const at = index(path, i)
    const tell = ([field, name, text]: (typeof deprecated)[number]): void => {
      if (volume[field]) warnings.push(`${child(at, name)}: ${text}`)
    }
    deprecated.forEach(tell)
    const claim = volume.ephemeral?.volumeClaimTemplate
    if (claim) {
      const resources = child(at, 'ephemeral.volumeClaimTemplate.spec.resources')
      fractionWarnings(claim.spec?.resources?.requests, child(resources, 'requests'), 'storage', warnings)
      fractionWarnings(claim.spec?.resources?.limits, child(resources, 'limits'), 'storage', warnings)
    }
    deprecatedLater.forEach(tell)
  })
  for (const volume of volumes) overlapWarnings(volume, warnings)
}

interface File {
  readonly path: string
  /** Where it comes from, in projected volumes. */
  readonly source: string
}

/** Files of one volume that get in each other's way. */
function overlapWarnings(volume: Volume, warnings: string[]): void {
  const { configMap, secret, downwardAPI, projected } = volume
  const name = quote(volume.name ?? '')
  const check = (files: readonly File[], what: string): void => {
    for (const text of overlaps(files)) warnings.push(`volume ${name} (${what}): overlapping paths: ${text}`)
  }
  if (configMap?.items) check(filesOf(configMap.items, ''), `ConfigMap ${quote(configMap.name ?? '')}`)
  if (secret?.items) check(filesOf(secret.items, ''), `Secret ${quote(secret.secretName ?? '')}`)
  if (downwardAPI?.items) check(filesOf(downwardAPI.items, ''), 'DownwardAPI')
  const files: File[] = []
  const found: string[] = []
  for (const source of projected?.sources ?? []) {
    const own = projectedFiles(source)
    if (own === undefined) {
      // What was found before comes first.
      for (const text of overlaps(files).slice(found.length)) {
        found.push(text)
        warnings.push(`volume ${name} (Projected): overlapping paths: ${text}`)
      }
      warnings.push(`volume ${name} (Projected) has no sources provided`)
    } else files.push(...own)
  }
  for (const text of overlaps(files).slice(found.length)) {
    warnings.push(`volume ${name} (Projected): overlapping paths: ${text}`)
  }
}

/** Undefined for a source that is none. */
function projectedFiles(source: VolumeProjection): File[] | undefined {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap ${quote(configMap.name ?? '')}`)
  if (secret?.items) return filesOf(secret.items, `Secret ${quote(secret.name ?? '')}`)
  if (downwardAPI?.items) return filesOf(downwardAPI.items, 'DownwardAPI')
  if (serviceAccountToken) return filesOf([serviceAccountToken], 'ServiceAccountToken')
  if (clusterTrustBundle) {
    const told = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? ''
    return filesOf([clusterTrustBundle], `ClusterTrustBundle ${quote(told)}`)
  }
  if (podCertificate) {
    const { certificateChainPath, keyPath, credentialBundlePath } = podCertificate
    return [
      { path: certificateChainPath ?? '', source: 'PodCertificate chain' },
      { path: keyPath ?? '', source: 'PodCertificate key' },
      { path: credentialBundlePath ?? '', source: 'PodCertificate credential bundle' },
    ].filter(({ path }) => path !== '')
  }
  return configMap || secret || downwardAPI ? [] : undefined
}

const filesOf = (items: readonly Pick<KeyToPath | DownwardAPIVolumeFile, 'path'>[], source: string): File[] =>
  items.map(({ path = '' }) => ({ path, source }))

/** Every pair of which one lies within, or is, the other. */
function overlaps(files: readonly File[]): string[] {
  const texts: string[] = []
  const before: File[] = []
  for (const file of files) {
    const own = { path: file.path.replace(/\/+$/, ''), source: file.source }
    for (const other of before) {
      if (own.path === '' || other.path === '') continue
      const within = `${other.path}/`.startsWith(`${own.path}/`) || `${own.path}/`.startsWith(`${other.path}/`)
      if (within) texts.push(`${told(own)} with ${told(other)}`)
    }
    before.push(own)
  }
  return texts
}

const told = ({ path, source }: File): string => (source === '' ? quote(path) : `${quote(path)} (${source})`)
