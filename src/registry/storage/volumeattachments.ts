import {
  byteLength,
  child,
  dns1123Subdomain,
  equalJson,
  type FieldErrors,
  type KubeObject,
  validateObjectMeta,
} from '../../api/index.js'
import { semanticEqual } from '../core/pod/semantic-equal.js'
import { validateCsiDriverName } from '../core/pod/volume-sources.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { type InlineVolumeSpec, validateInlineVolume } from './inline-volume.js'

const maxMetadataSize = 256 * 1024
const maxMessage = 1024

export const volumeattachments: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  validate: validateAttachment,
  validateUpdate,
  validateStatusUpdate: validateUpdate,
  prepareForStatusUpdate({ metadata, status }: VolumeAttachment, old: VolumeAttachment, { enabled }) {
    keepMetadata(metadata, old.metadata)
    if (enabled('MutableCSINodeAllocatableCount')) return
    for (const error of ['attachError', 'detachError'] as const) {
      const told = status?.[error]
      if (told && old.status?.[error]?.errorCode === undefined) delete told.errorCode
    }
  },
}

interface VolumeAttachment extends KubeObject {
  spec?: { attacher?: string; source?: VolumeSource; nodeName?: string }
  status?: {
    attachmentMetadata?: Record<string, string>
    attachError?: VolumeError
    detachError?: VolumeError
  }
}

interface VolumeSource {
  persistentVolumeName?: string
  inlineVolumeSpec?: InlineVolumeSpec
}

interface VolumeError {
  message?: string
  errorCode?: number
}

function validateUpdate(attachment: VolumeAttachment, old: KubeObject, errors: FieldErrors): void {
  validateObjectMeta(attachment.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
  validateAttachment(attachment, errors)
  if (!sameSpec(attachment.spec, old.spec))
    errors.invalid('spec', internalForm(attachment.spec, 'storage.v1.VolumeAttachmentSpec'), 'field is immutable')
}

/** Amounts of an inline volume may be written in another way. */
function sameSpec(spec: VolumeAttachment['spec'], old: VolumeAttachment['spec']): boolean {
  const { source, ...rest } = spec ?? {}
  const { source: before, ...others } = old ?? {}
  const [now, then] = [source?.inlineVolumeSpec ?? undefined, before?.inlineVolumeSpec ?? undefined]
  return (
    equalJson(rest, others) &&
    equalJson(source?.persistentVolumeName, before?.persistentVolumeName) &&
    (now === then || semanticEqual(now, then, 'PersistentVolumeSpec'))
  )
}

/** Source: kubernetes pkg/apis/storage/validation, ValidateVolumeAttachment. */
function validateAttachment({ spec = {}, status = {} }: VolumeAttachment, errors: FieldErrors): void {
  const { attacher, source = {}, nodeName } = spec
  validateCsiDriverName(attacher ?? '', 'spec.attacher', errors)
  validateSource(source, 'spec.source', errors)
  dns1123Subdomain(errors, 'spec.nodeName', nodeName)

  let size = 0
  for (const [key, value] of Object.entries(status.attachmentMetadata ?? {}))
    size += byteLength(key) + byteLength(value)
  if (size > maxMetadataSize) errors.tooLong('status.attachmentMetadata', maxMetadataSize)
  if (status.attachError) validateError(status.attachError, 'status.attachError', errors)
  if (status.detachError) validateError(status.detachError, 'status.detachError', errors)

  const volume = source.persistentVolumeName
  if (volume !== undefined) dns1123Subdomain(errors, 'spec.source.persistentVolumeName', volume)
}

function validateSource(
  { persistentVolumeName, inlineVolumeSpec }: VolumeSource,
  at: string,
  errors: FieldErrors,
): void {
  const both = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!inlineVolumeSpec && persistentVolumeName === undefined) errors.required(at, both)
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) errors.forbidden(at, both)
  else if (inlineVolumeSpec) validateInlineVolume(inlineVolumeSpec, child(at, 'inlineVolumeSpec'), errors)
  else if (persistentVolumeName === '')
    errors.required(child(at, 'persistentVolumeName'), 'must specify non empty persistentVolumeName')
}

function validateError({ message = '', errorCode }: VolumeError, at: string, errors: FieldErrors): void {
  // Upstream names the bound of the metadata here.
  if (byteLength(message) > maxMessage) errors.tooLong(child(at, 'message'), maxMetadataSize)
  if (errorCode !== undefined && errorCode < 0)
    errors.invalid(child(at, 'errorCode'), errorCode, 'must be between 0 and 2147483647, inclusive')
}
