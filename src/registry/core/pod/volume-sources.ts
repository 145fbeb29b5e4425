import {
  byteLength,
  child,
  dns1123Label,
  type FieldErrors,
  index,
  isDns1123Subdomain,
  parseQuantity,
} from '../../../api/index.js'
import { validateClaimTemplate } from './claim-spec.js'
import type { PodValidationOptions } from './options.js'
import {
  requireText,
  validateFileMode,
  validateKeyToPath,
  validateLocalDescendingPath,
  validateNoBacksteps,
} from './paths.js'
import { validateDownwardFile, validateProjected } from './projected-volumes.js'
import { validatePullPolicy } from './pull-policy.js'
import type { ISCSIVolumeSource, KeyToPath, Volume } from './volume-types.js'

interface VolumeSource {
  readonly field: Exclude<keyof Volume, 'name'>
  readonly path: string
  /** Where a second source is told. */
  readonly forbiddenPath: string
  validate(volume: Volume, path: string, errors: FieldErrors, options: PodValidationOptions): void
}

type Check<K extends keyof Volume> = (
  source: NonNullable<Volume[K]>,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
) => void

function source<K extends VolumeSource['field']>(
  field: K,
  check: Check<K>,
  path: string = field,
  forbiddenPath: string = field,
): VolumeSource {
  return {
    field,
    path,
    forbiddenPath,
    validate: (volume, at, errors, options) => check(volume[field]!, at, errors, options),
  }
}

/** In upstream's order, with upstream's paths. */
export const volumeSources: readonly VolumeSource[] = [
  source('emptyDir', ({ sizeLimit }, path, errors) => {
    if (sizeLimit !== undefined && parseQuantity(sizeLimit).sign < 0) {
      errors.forbidden(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')
    }
  }),
  source('hostPath', ({ path: hostPath, type }, path, errors) => {
    if (!hostPath) {
      errors.required(child(path, 'path'))
      return
    }
    validateNoBacksteps(hostPath, child(path, 'path'), errors)
    if (type !== undefined && !hostPathTypes.includes(type))
      errors.notSupported(child(path, 'type'), type, hostPathTypes)
  }),
  source('gitRepo', ({ repository, directory = '' }, path, errors) => {
    requireText(repository, path, 'repository', errors)
    validateLocalDescendingPath(directory, child(path, 'directory'), errors)
  }),
  source(
    'gcePersistentDisk',
    ({ pdName, partition }, path, errors) => {
      requireText(pdName, path, 'pdName', errors)
      validatePartition(partition, path, errors)
    },
    'persistentDisk',
  ),
  source('awsElasticBlockStore', ({ volumeID, partition }, path, errors) => {
    requireText(volumeID, path, 'volumeID', errors)
    validatePartition(partition, path, errors)
  }),
  source('secret', ({ secretName, defaultMode, items }, path, errors) => {
    requireText(secretName, path, 'secretName', errors)
    validateFileMode(defaultMode, child(path, 'defaultMode'), errors)
    validateItems(items, path, errors)
  }),
  source('nfs', ({ server, path: exported = '' }, path, errors) => {
    requireText(server, path, 'server', errors)
    requireText(exported, path, 'path', errors)
    if (!exported.startsWith('/')) errors.invalid(child(path, 'path'), exported, 'must be an absolute path')
  }),
  source('iscsi', validateIscsi),
  source('glusterfs', ({ endpoints, path: volumePath }, path, errors) => {
    requireText(endpoints, path, 'endpoints', errors)
    requireText(volumePath, path, 'path', errors)
  }),
  source('flocker', ({ datasetName = '', datasetUUID }, path, errors) => {
    if (!datasetName && !datasetUUID) errors.required(path, 'one of datasetName and datasetUUID is required')
    if (datasetName && datasetUUID) {
      errors.invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
    }
    if (datasetName.includes('/')) errors.invalid(child(path, 'datasetName'), datasetName, "must not contain '/'")
  }),
  source('persistentVolumeClaim', ({ claimName }, path, errors) => requireText(claimName, path, 'claimName', errors)),
  source('rbd', ({ monitors, image }, path, errors) => {
    if (!monitors?.length) errors.required(child(path, 'monitors'))
    requireText(image, path, 'image', errors)
  }),
  source('cinder', ({ volumeID, secretRef }, path, errors) => {
    requireText(volumeID, path, 'volumeID', errors)
    if (secretRef) requireText(secretRef.name, child(path, 'secretRef'), 'name', errors)
  }),
  source(
    'cephfs',
    ({ monitors }, path, errors) => {
      if (!monitors?.length) errors.required(child(path, 'monitors'))
    },
    'cephfs',
    'cephFS',
  ),
  source('quobyte', ({ registry = '', tenant = '', volume }, path, errors) => {
    const pairs = 'must be a host:port pair or multiple pairs separated by commas'
    if (registry === '') errors.required(child(path, 'registry'), pairs)
    else if (byteLength(tenant) >= 65) {
      errors.required(child(path, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters')
    } else {
      for (const pair of registry.split(',')) {
        if (!isHostPort(pair)) errors.invalid(child(path, 'registry'), registry, pairs)
      }
    }
    requireText(volume, path, 'volume', errors)
  }),
  source(
    'downwardAPI',
    ({ defaultMode, items }, path, errors) => {
      validateFileMode(defaultMode, child(path, 'defaultMode'), errors)
      for (const file of items ?? []) validateDownwardFile(file, path, errors)
    },
    'downwardAPI',
    'downwarAPI',
  ),
  source('fc', ({ targetWWNs = [], wwids = [], lun }, path, errors) => {
    if (targetWWNs.length === 0 && wwids.length === 0) {
      errors.required(child(path, 'targetWWNs'), 'must specify either targetWWNs or wwids, but not both')
    }
    if (targetWWNs.length === 0) return
    if (wwids.length > 0) {
      const detail = 'targetWWNs and wwids can not be specified simultaneously'
      errors.invalid(child(path, 'targetWWNs'), targetWWNs, detail)
    }
    if (lun === undefined) errors.required(child(path, 'lun'), 'lun is required if targetWWNs is specified')
    else validateLun(lun, path, errors)
  }),
  source('flexVolume', ({ driver, options }, path, errors) => {
    requireText(driver, path, 'driver', errors)
    for (const name of Object.keys(options ?? {})) {
      const domain = `.${name.split('/', 1)[0]!.toLowerCase()}`
      if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
        errors.invalid(`${path}.options[${name}]`, name, 'kubernetes.io and k8s.io namespaces are reserved')
      }
    }
  }),
  source('configMap', ({ name, defaultMode, items }, path, errors) => {
    requireText(name, path, 'name', errors)
    validateFileMode(defaultMode, child(path, 'defaultMode'), errors)
    validateItems(items, path, errors)
  }),
  source('azureFile', ({ secretName, shareName }, path, errors) => {
    requireText(secretName, path, 'secretName', errors)
    requireText(shareName, path, 'shareName', errors)
  }),
  source('vsphereVolume', ({ volumePath }, path, errors) => requireText(volumePath, path, 'volumePath', errors)),
  source('photonPersistentDisk', ({ pdID }, path, errors) => requireText(pdID, path, 'pdID', errors)),
  source('portworxVolume', ({ volumeID }, path, errors) => requireText(volumeID, path, 'volumeID', errors)),
  source('azureDisk', ({ diskName, diskURI = '', cachingMode, kind }, path, errors) => {
    requireText(diskName, path, 'diskName', errors)
    requireText(diskURI, path, 'diskURI', errors)
    if (cachingMode !== undefined && !cachingModes.includes(cachingMode)) {
      errors.notSupported(child(path, 'cachingMode'), cachingMode, cachingModes)
    }
    if (kind === undefined) return
    if (!azureKinds.includes(kind)) errors.notSupported(child(path, 'kind'), kind, azureKinds)
    const { prefix, form } = kind === 'Managed' ? managedDisk : blobDisk
    if (!diskURI.startsWith(prefix)) errors.notSupported(child(path, 'diskURI'), diskURI, [form])
  }),
  source('storageos', ({ volumeName, volumeNamespace, secretRef }, path, errors) => {
    if (!volumeName) errors.required(child(path, 'volumeName'))
    else dns1123Label(errors, child(path, 'volumeName'), volumeName)
    if (volumeNamespace) dns1123Label(errors, child(path, 'volumeNamespace'), volumeNamespace)
    if (secretRef) requireText(secretRef.name, child(path, 'secretRef'), 'name', errors)
  }),
  source('projected', validateProjected),
  source('scaleIO', ({ gateway, system, volumeName }, path, errors) => {
    requireText(gateway, path, 'gateway', errors)
    requireText(system, path, 'system', errors)
    requireText(volumeName, path, 'volumeName', errors)
  }),
  source('csi', ({ driver = '', nodePublishSecretRef }, path, errors) => {
    validateCsiDriverName(driver, child(path, 'driver'), errors)
    if (!nodePublishSecretRef) return
    const { name = '' } = nodePublishSecretRef
    if (name === '') errors.required(child(path, 'nodePublishSecretRef.name'))
    else for (const wrong of isDns1123Subdomain(name)) errors.invalid(child(path, 'name'), name, wrong)
  }),
  source('ephemeral', ({ volumeClaimTemplate }, path, errors) => {
    const at = child(path, 'volumeClaimTemplate')
    if (volumeClaimTemplate) validateClaimTemplate(volumeClaimTemplate, at, errors)
    else errors.required(at)
  }),
  source('image', ({ reference, pullPolicy }, path, errors, { isPod }) => {
    if (isPod) requireText(reference, path, 'reference', errors)
    validatePullPolicy(pullPolicy, child(path, 'pullPolicy'), errors)
  }),
]

const hostPathTypes = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
]
const cachingModes = ['None', 'ReadOnly', 'ReadWrite']
const azureKinds = ['Shared', 'Dedicated', 'Managed']
const managedDisk = {
  prefix: '/subscriptions/',
  form: '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
}
const blobDisk = {
  prefix: 'https://',
  form: 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd',
}
/** Longer names are refused unread: the pattern is not anchored, and its cost grows with the square of the length. */
const longestIqn = 4096
const iscsiNames = [
  { prefix: 'iqn', pattern: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\t\n\f\r ]+)$/ },
  { prefix: 'eui', pattern: /^eui.[A-Za-z0-9]{16}$/ },
  { prefix: 'naa', pattern: /^naa.[A-Za-z0-9]{32}$/ },
]

function validateIscsi(iscsi: ISCSIVolumeSource, path: string, errors: FieldErrors): void {
  requireText(iscsi.targetPortal, path, 'targetPortal', errors)
  if (!iscsi.iqn) errors.required(child(path, 'iqn'))
  else validateIqn(iscsi.iqn, child(path, 'iqn'), errors)
  validateLun(iscsi.lun ?? 0, path, errors)
  if ((iscsi.chapAuthDiscovery || iscsi.chapAuthSession) && !iscsi.secretRef) errors.required(child(path, 'secretRef'))
  if (iscsi.initiatorName !== undefined) validateIqn(iscsi.initiatorName, child(path, 'initiatorname'), errors)
}

function validateIqn(name: string, path: string, errors: FieldErrors): void {
  if (!iscsiNames.some(({ prefix }) => name.startsWith(prefix))) {
    errors.invalid(path, name, 'must be valid format starting with iqn, eui, or naa')
  } else if (!isIscsiName(name)) errors.invalid(path, name, 'must be valid format')
}

export const isIscsiName = (name: string): boolean =>
  name.length <= longestIqn && iscsiNames.some(({ prefix, pattern }) => name.startsWith(prefix) && pattern.test(name))

function validateLun(lun: number, path: string, errors: FieldErrors): void {
  if (lun < 0 || lun > 255) errors.invalid(child(path, 'lun'), lun, 'must be between 0 and 255, inclusive')
}

function validatePartition(partition: number | undefined, path: string, errors: FieldErrors): void {
  if (partition === undefined || (partition >= 0 && partition <= 255)) return
  errors.invalid(child(path, 'partition'), partition, 'must be between 1 and 255, inclusive')
}

/** Also for the drivers of persistent volumes. */
export function validateCsiDriverName(driver: string, path: string, errors: FieldErrors): void {
  if (driver === '') {
    errors.required(path)
    return
  }
  if (byteLength(driver) > 63) errors.tooLong(path, 63)
  for (const wrong of isDns1123Subdomain(driver.toLowerCase())) errors.invalid(path, driver, wrong)
}

function validateItems(items: readonly KeyToPath[] | undefined, path: string, errors: FieldErrors): void {
  items?.forEach((item, i) => {
    validateKeyToPath(item, index(child(path, 'items'), i), errors)
  })
}

/** Go's net.SplitHostPort. */
function isHostPort(text: string): boolean {
  const colon = text.lastIndexOf(':')
  if (colon < 0) return false
  if (!text.startsWith('[')) return !/[[\]]/.test(text) && !text.slice(0, colon).includes(':')
  const end = text.indexOf(']')
  return end >= 0 && end + 1 === colon && !text.slice(1).includes('[') && !text.slice(end + 1).includes(']')
}
