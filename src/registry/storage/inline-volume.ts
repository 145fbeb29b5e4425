import { child, type FieldErrors, oneOf, required } from '../../api/index.js'
import { type PersistentVolumeSpec, validateVolumeSources } from '../core/persistent-volume-spec.js'
import { accessModes } from '../core/pod/claim-spec.js'

/** A persistent volume's spec that stands in an attachment instead of a volume. */
export interface InlineVolumeSpec {
  capacity?: Record<string, string>
  accessModes?: string[]
  claimRef?: object
  persistentVolumeReclaimPolicy?: string
  storageClassName?: string
  volumeMode?: string
  nodeAffinity?: object
  csi?: object
  [source: string]: unknown
}

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

  // Upstream sees whether local volumes have their node affinity, which they may not have here.
  validateVolumeSources(spec as PersistentVolumeSpec, '', errors, at)
  if (spec.storageClassName) forbidden('storageClassName')
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem')
    errors.forbidden(
      child(at, 'volumeMode'),
      'may not specify volumeMode other than Filesystem in the context of inline volumes',
    )
}

const isOtherMode = (mode: string): boolean => mode !== 'ReadWriteOncePod' && accessModes.includes(mode)
