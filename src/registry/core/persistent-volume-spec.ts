import {
  asSent,
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  key,
  type NodeSelectorTerm,
  nodeSelector,
  oneOf,
  parseQuantity,
  quantityPositive,
} from '../../api/index.js'
import { accessModes } from './pod/claim-spec.js'
import { hasBacksteps, requireText } from './pod/paths.js'
import { isIscsiName, validateCsiDriverName, volumeSources } from './pod/volume-sources.js'
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GlusterfsVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  Volume,
  VsphereVirtualDiskVolumeSource,
} from './pod/volume-types.js'

interface SecretReference {
  name?: string
  namespace?: string
}

/** A volume's source, with secrets of any namespace where pods name those of their own. */
interface PersistentVolumeSource {
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  hostPath?: HostPathVolumeSource
  glusterfs?: GlusterfsVolumeSource & { endpointsNamespace?: string }
  nfs?: NFSVolumeSource
  rbd?: RBDVolumeSource
  iscsi?: ISCSIVolumeSource
  cinder?: CinderVolumeSource & { secretRef?: SecretReference }
  cephfs?: CephFSVolumeSource
  fc?: FCVolumeSource
  flocker?: FlockerVolumeSource
  flexVolume?: FlexVolumeSource
  azureFile?: AzureFileVolumeSource & { secretNamespace?: string }
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOVolumeSource
  local?: { path?: string; fsType?: string }
  storageos?: StorageOSVolumeSource & { secretRef?: SecretReference }
  csi?: CSIPersistentVolumeSource
}

interface CSIPersistentVolumeSource {
  driver?: string
  volumeHandle?: string
  controllerPublishSecretRef?: SecretReference
  nodePublishSecretRef?: SecretReference
  controllerExpandSecretRef?: SecretReference
  nodeExpandSecretRef?: SecretReference
}

export interface PersistentVolumeSpec extends PersistentVolumeSource {
  capacity?: Record<string, string>
  accessModes?: string[]
  persistentVolumeReclaimPolicy?: string
  storageClassName?: string
  volumeMode?: string
  nodeAffinity?: { required?: { nodeSelectorTerms?: NodeSelectorTerm[] } } | undefined
  volumeAttributesClassName?: string
}

/** What claims and volumes say to a change of their class without the feature. */
export const attributesClassOff = 'update is forbidden when the VolumeAttributesClass feature gate is disabled'

/** Source: pkg/apis/core/validation, ValidatePersistentVolumeSpec. */
export function validateVolumeSpec(
  spec: PersistentVolumeSpec,
  name: string,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  validateAccessModes(spec.accessModes ?? [], errors)
  validateCapacity(asSent(spec, 'capacity'), errors)
  const policy = spec.persistentVolumeReclaimPolicy
  if (policy) oneOf(errors, 'spec.persistentVolumeReclaimPolicy', policy, ['Delete', 'Recycle', 'Retain'])
  const { nodeAffinity } = spec
  if (nodeAffinity != null) {
    const at = 'spec.nodeAffinity.required'
    if (nodeAffinity.required != null) nodeSelector(errors, at, nodeAffinity.required, { allowInvalidValues })
    else errors.required(at, 'must specify required node constraints')
  }
  validateVolumeSources(spec, name, errors)
  if (policy === 'Recycle' && isRoot(spec.hostPath?.path)) {
    errors.forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")
  }
  if (spec.storageClassName) dns1123Subdomain(errors, 'spec.storageClassName', spec.storageClassName)
  if (spec.volumeMode != null) oneOf(errors, 'spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem'])
  const attributes = spec.volumeAttributesClassName
  if (attributes == null) return
  if (attributes === '') errors.required('spec.volumeAttributesClassName', 'an empty string is disallowed')
  else dns1123Subdomain(errors, 'spec.volumeAttributesClassName', attributes)
  if (spec.csi == null) errors.required('spec.csi', 'has to be specified when using volumeAttributesClassName')
}

function validateAccessModes(modes: readonly string[], errors: FieldErrors): void {
  const at = 'spec.accessModes'
  if (modes.length === 0) errors.required(at)
  for (const mode of modes) oneOf(errors, at, mode, accessModes)
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  if (others && modes.includes('ReadWriteOncePod')) {
    errors.forbidden(at, 'may not use ReadWriteOncePod with other access modes')
  }
}

function validateCapacity(list: Readonly<Record<string, string>> | undefined, errors: FieldErrors): void {
  const at = 'spec.capacity'
  const capacity = list ?? {}
  const names = Object.keys(capacity)
  if (names.length === 0) errors.required(at)
  if (names.length !== 1 || names[0] !== 'storage') {
    errors.notSupported(at, list && sorted(capacity), ['storage'])
  }
  for (const name of names) {
    const value = parseQuantity(capacity[name]!).value()
    if (value < 0) errors.invalid(key(at, name), value, 'must be a valid resource quantity')
    quantityPositive(errors, key(at, name), capacity[name])
  }
}

const sorted = (list: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)))

type SourceName = keyof PersistentVolumeSource

/** In the order in which upstream looks for a second one. */
export const persistentVolumeSources: readonly SourceName[] = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
]

/** The volume itself: one of the many sources, of which there may be no second. */
export function validateVolumeSources(
  spec: PersistentVolumeSpec,
  name: string,
  errors: FieldErrors,
  at = 'spec',
): void {
  let first = true
  for (const source of persistentVolumeSources) {
    if (spec[source] == null) continue
    // flexVolume is looked at even as a second one.
    if (first || source === 'flexVolume') validateSource(spec, source, name, errors, at)
    else {
      const told = source === 'cephfs' ? 'cephFS' : source
      errors.forbidden(child(at, told), 'may not specify more than 1 volume type')
    }
    first = false
  }
  if (first) errors.required(at, 'must specify a volume type')
}

function validateSource(
  spec: PersistentVolumeSpec,
  source: SourceName,
  name: string,
  errors: FieldErrors,
  above: string,
): void {
  const at = child(above, source)
  switch (source) {
    case 'iscsi':
      validateIscsi(spec.iscsi!, name, errors, at)
      return
    case 'csi':
      validateCsi(spec.csi!, errors, at)
      return
    case 'local':
      validateLocal(spec, errors, above)
      return
    default:
      sameAsInPods(spec, source, errors, above)
  }
  if (source === 'glusterfs') validateGlusterfs(spec.glusterfs!, errors, at)
  const secretNamespace = spec.azureFile?.secretNamespace
  if (source === 'azureFile' && secretNamespace === '') errors.required(child(at, 'secretNamespace'))
  const secret = source === 'cinder' || source === 'storageos' ? spec[source]?.secretRef : undefined
  if (secret != null) requireText(secret.namespace, child(at, 'secretRef'), 'namespace', errors)
}

function sameAsInPods(spec: PersistentVolumeSpec, source: SourceName, errors: FieldErrors, at: string): void {
  const shared = volumeSources.find(({ field }) => field === source)
  // Of all sources only images, which persistent volumes have not, look at the options.
  shared?.validate(spec as Volume, child(at, shared.path), errors, {} as Parameters<typeof shared.validate>[3])
}

function validateGlusterfs(
  { endpointsNamespace: namespace }: { endpointsNamespace?: string },
  errors: FieldErrors,
  above: string,
): void {
  const at = child(above, 'endpointsNamespace')
  if (namespace === '') {
    errors.invalid(at, '', 'if the endpointnamespace is set, it must be a valid namespace name')
  } else if (namespace != null) dns1123Label(errors, at, namespace)
}

/** Other than in pods, all bad names get the same words, and the secret's name is needed. */
function validateIscsi(iscsi: ISCSIVolumeSource, name: string, errors: FieldErrors, at: string): void {
  const { targetPortal = '', iqn, lun = 0, initiatorName, secretRef } = iscsi
  requireText(targetPortal, at, 'targetPortal', errors)
  if (initiatorName != null && Buffer.byteLength(`${name}:${targetPortal}`) > 64) {
    const detail =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
    errors.invalid(`${at}.targetportal`, targetPortal, detail)
  }
  if (!iqn) errors.required(`${at}.iqn`)
  else validateIqn(iqn, `${at}.iqn`, errors)
  if (lun < 0 || lun > 255) errors.invalid(`${at}.lun`, lun, 'must be between 0 and 255, inclusive')
  if ((iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && secretRef == null) errors.required(`${at}.secretRef`)
  if (secretRef != null) requireText(secretRef.name, `${at}.secretRef`, 'name', errors)
  if (initiatorName != null) validateIqn(initiatorName, `${at}.initiatorname`, errors)
}

function validateIqn(name: string, path: string, errors: FieldErrors): void {
  if (!isIscsiName(name)) errors.invalid(path, name, 'must be valid format')
}

function validateLocal({ local, nodeAffinity }: PersistentVolumeSpec, errors: FieldErrors, above: string): void {
  const at = child(above, 'local.path')
  if (!local?.path) errors.required(at)
  else if (hasBacksteps(local.path)) errors.invalid(at, local.path, "must not contain '..'")
  if (nodeAffinity == null) errors.required(child(above, 'nodeAffinity'), 'Local volume requires node affinity')
}

const csiSecrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

function validateCsi(csi: CSIPersistentVolumeSource, errors: FieldErrors, above: string): void {
  validateCsiDriverName(csi.driver ?? '', child(above, 'driver'), errors)
  requireText(csi.volumeHandle, above, 'volumeHandle', errors)
  for (const field of csiSecrets) {
    const secret = csi[field]
    if (secret == null) continue
    const at = child(above, field)
    requireText(secret.name, at, 'name', errors)
    if (secret.name) dns1123Subdomain(errors, `${at}.name`, secret.name)
    requireText(secret.namespace, at, 'namespace', errors)
    if (secret.namespace) dns1123Label(errors, `${at}.namespace`, secret.namespace)
  }
}

/** Whether Go's path.Clean makes "/" of it. */
function isRoot(path: string | undefined): boolean {
  if (!path?.startsWith('/')) return false
  let depth = 0
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    depth = part === '..' ? Math.max(depth - 1, 0) : depth + 1
  }
  return depth === 0
}
