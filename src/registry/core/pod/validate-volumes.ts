import {
  child,
  dns1123Label,
  type FieldErrors,
  index,
  isDns1123Subdomain,
  type ObjectMeta,
  quote,
} from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import { volumeSources } from './volume-sources.js'
import type { Volume } from './volume-types.js'

/** The volumes that mounts may name: those without errors. */
export type Volumes = ReadonlyMap<string, Volume>

/** `meta` is that of a pod, or absent in a template. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): Volumes {
  if (!volumes?.length) return none
  const valid = new Map<string, Volume>()
  const created = claimsOfEphemeralVolumes(volumes, meta)
  volumes.forEach((volume, i) => {
    const at = index(path, i)
    const { name = '' } = volume
    const before = errors.list.length
    validateVolumeSource(volume, meta, at, errors, options)
    if (name === '') errors.required(child(at, 'name'))
    else dns1123Label(errors, child(at, 'name'), name)
    if (valid.has(name)) errors.duplicate(child(at, 'name'), name)
    if (errors.list.length === before) valid.set(name, volume)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && created.has(claim)) {
      const detail = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.invalid(child(at, 'persistentVolumeClaim.claimName'), claim, detail)
    }
  })
  return valid
}

const none: Volumes = new Map()

/** Exactly one source. Some of the paths are upstream's slips of the pen. */
function validateVolumeSource(
  volume: Volume,
  meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { name = '' } = volume
  let found = false
  for (const source of volumeSources) {
    if (!volume[source.field]) continue
    if (found) errors.forbidden(child(path, source.forbiddenPath), 'may not specify more than 1 volume type')
    else {
      source.validate(volume, child(path, source.path), errors, options)
      if (source.field === 'ephemeral' && meta?.name && name !== '') validateClaimName(meta.name, name, path, errors)
    }
    found = true
    if (source.field === 'iscsi') validateIscsiName(volume, path, errors)
  }
  if (!found) errors.required(path, 'must specify a volume type')
}

function validateIscsiName({ name = '', iscsi }: Volume, path: string, errors: FieldErrors): void {
  if (iscsi?.initiatorName === undefined) return
  if (Buffer.byteLength(`${name}:${iscsi.targetPortal ?? ''}`) <= 64) return
  const detail =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  errors.invalid(child(path, 'name'), name, detail)
}

/** The claim of an ephemeral volume is named after the pod. */
function validateClaimName(pod: string, volume: string, path: string, errors: FieldErrors): void {
  const claim = `${pod}-${volume}`
  for (const wrong of isDns1123Subdomain(claim)) {
    errors.invalid(child(path, 'name'), volume, `PVC name ${quote(claim)}: ${wrong}`)
  }
}

function claimsOfEphemeralVolumes(volumes: readonly Volume[], meta: ObjectMeta | undefined): ReadonlySet<string> {
  const claims = new Set<string>()
  if (!meta?.name) return claims
  for (const volume of volumes) if (volume.ephemeral) claims.add(`${meta.name}-${volume.name ?? ''}`)
  return claims
}
