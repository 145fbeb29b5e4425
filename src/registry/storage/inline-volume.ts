import { child, dns1123Label, dns1123Subdomain, type FieldErrors, oneOf, required } from '../../api/index.js'
import { csiSecrets, persistentVolumeSources } from '../core/persistent-volume-spec.js'
import { accessModes } from '../core/pod/claim-spec.js'
import { validateCsiDriverName } from '../core/pod/volume-sources.js'

/** A persistent volume's spec that stands in an attachment instead of a volume. */
export interface InlineVolumeSpec {
  capacity?: Record<string, string>
  accessModes?: string[]
  claimRef?: object
  persistentVolumeReclaimPolicy?: string
  storageClassName?: string
  volumeMode?: string
  nodeAffinity?: object
  csi?: CSISource
  [source: string]: unknown
}

interface CSISource {
  driver?: string
  volumeHandle?: string
  controllerPublishSecretRef?: SecretReference
  controllerExpandSecretRef?: SecretReference
  nodePublishSecretRef?: SecretReference
  nodeExpandSecretRef?: SecretReference
}

interface SecretReference {
  name?: string
  namespace?: string
}

/** All but CSI are of the time before it. */
const otherSources = persistentVolumeSources.filter((source) => source !== 'csi')

/** Source: kubernetes pkg/apis/core/validation, ValidatePersistentVolumeSpec for inline volumes. */
export function validateInlineVolume(spec: InlineVolumeSpec, at: string, errors: FieldErrors): void {
  const forbidden = (field: string): void =>
    errors.forbidden(child(at, field), 'may not be specified in the context of inline volumes')
  const modes = child(at, 'accessModes')
  if (spec.claimRef) forbidden('claimRef')
  if (Object.keys(spec.capacity ?? {}).length > 0) forbidden('capacity')
  if (!spec.csi) errors.required(child(at, 'csi'), 'has to be specified in the context of inline volumes')
  required(errors, modes, spec.accessModes)
  for (const mode of spec.accessModes ?? []) oneOf(errors, modes, mode, accessModes)
  if (spec.accessModes?.includes('ReadWriteOncePod') && spec.accessModes.some(isOtherMode))
    errors.forbidden(modes, 'may not use ReadWriteOncePod with other access modes')
  if (spec.persistentVolumeReclaimPolicy && spec.persistentVolumeReclaimPolicy !== 'Retain')
    errors.forbidden(child(at, 'persistentVolumeReclaimPolicy'), 'may only be Retain in the context of inline volumes')
  if (spec.nodeAffinity) forbidden('nodeAffinity')

  const others = otherSources.filter((source) => spec[source] !== undefined)
  const extra = spec.csi ? [...others.slice(1), ...(others.length > 0 ? ['csi'] : [])] : others.slice(1)
  for (const source of extra)
    errors.forbidden(child(at, source === 'cephfs' ? 'cephFS' : source), 'may not specify more than 1 volume type')
  if (spec.csi && others.length === 0) validateCSISource(spec.csi, child(at, 'csi'), errors)
  if (!spec.csi && others.length === 0) errors.required(at, 'must specify a volume type')
  if (spec.storageClassName) forbidden('storageClassName')
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem')
    errors.forbidden(
      child(at, 'volumeMode'),
      'may not specify volumeMode other than Filesystem in the context of inline volumes',
    )
}

const isOtherMode = (mode: string): boolean => mode !== 'ReadWriteOncePod' && accessModes.includes(mode)

function validateCSISource(source: CSISource, at: string, errors: FieldErrors): void {
  validateCsiDriverName(source.driver ?? '', child(at, 'driver'), errors)
  required(errors, child(at, 'volumeHandle'), source.volumeHandle)
  for (const ref of csiSecrets) {
    const { name, namespace } = source[ref] ?? {}
    if (!source[ref]) continue
    const own = child(at, ref)
    if (required(errors, child(own, 'name'), name)) dns1123Subdomain(errors, child(own, 'name'), name)
    if (required(errors, child(own, 'namespace'), namespace)) dns1123Label(errors, child(own, 'namespace'), namespace)
  }
}
