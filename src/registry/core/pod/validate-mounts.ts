import { child, type FieldErrors, index } from '../../../api/index.js'
import { hasBacksteps, validateLocalDescendingPath } from './paths.js'
import type { Container, VolumeDevice, VolumeMount } from './types.js'
import type { Volumes } from './validate-volumes.js'

/** Mounts and block devices of a container. Some paths leave out the index, as upstream's do. */
export function validateMounts(container: Container, volumes: Volumes, path: string, errors: FieldErrors): void {
  const { volumeMounts, volumeDevices } = container
  if (volumeMounts?.length) validateVolumeMounts(volumeMounts, container, volumes, child(path, 'volumeMounts'), errors)
  if (volumeDevices?.length) {
    validateVolumeDevices(volumeDevices, volumeMounts ?? [], volumes, child(path, 'volumeDevices'), errors)
  }
}

function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  container: Container,
  volumes: Volumes,
  path: string,
  errors: FieldErrors,
): void {
  const devices = lastByName(container.volumeDevices, ({ devicePath = '' }) => devicePath)
  const taken = new Set<string>()
  mounts.forEach((mount, i) => {
    const at = index(path, i)
    const { name = '', mountPath = '', subPath = '', subPathExpr = '' } = mount
    if (name === '') errors.required(child(at, 'name'))
    if (!volumes.has(name)) errors.notFound(child(at, 'name'), name)
    if (mountPath === '') errors.required(child(at, 'mountPath'))
    if (taken.has(mountPath)) errors.invalid(child(at, 'mountPath'), mountPath, 'must be unique')
    taken.add(mountPath)
    if (devices !== undefined) {
      if (devices.has(name)) errors.invalid(child(at, 'name'), name, 'must not already exist in volumeDevices')
      if ([...devices.values()].includes(mountPath)) {
        errors.invalid(child(at, 'mountPath'), mountPath, 'must not already exist as a path in volumeDevices')
      }
    }
    if (subPath !== '') validateLocalDescendingPath(subPath, child(path, 'subPath'), errors)
    if (subPathExpr !== '') {
      if (subPath !== '') {
        errors.invalid(child(at, 'subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive')
      }
      validateLocalDescendingPath(subPathExpr, child(path, 'subPathExpr'), errors)
    }
    validatePropagation(mount, container, child(path, 'mountPropagation'), errors)
    validateRecursiveReadOnly(mount, child(path, 'recursiveReadOnly'), errors)
  })
}

function validateVolumeDevices(
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  volumes: Volumes,
  path: string,
  errors: FieldErrors,
): void {
  const mounted = lastByName(mounts, ({ mountPath = '' }) => mountPath)
  const names = new Set<string>()
  const paths = new Set<string>()
  devices.forEach(({ name = '', devicePath = '' }, i) => {
    const namePath = child(index(path, i), 'name')
    const at = child(index(path, i), 'devicePath')
    const volume = volumes.get(name)
    if (name === '') errors.required(namePath)
    if (names.has(name)) errors.invalid(namePath, name, 'must be unique')
    if (volume === undefined) errors.notFound(namePath, name)
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
      errors.invalid(namePath, name, detail)
    }
    if (devicePath === '') errors.required(at)
    if (paths.has(devicePath)) errors.invalid(at, devicePath, 'must be unique')
    if (hasBacksteps(devicePath)) errors.invalid(at, devicePath, "can not contain backsteps ('..')")
    else paths.add(devicePath)
    if (mounted?.has(name)) errors.invalid(namePath, name, 'must not already exist in volumeMounts')
    if (mounted !== undefined && [...mounted.values()].includes(devicePath)) {
      errors.invalid(at, devicePath, 'must not already exist as a path in volumeMounts')
    }
    if (name !== '') names.add(name)
  })
}

const propagations = ['Bidirectional', 'HostToContainer', 'None']

function validatePropagation(mount: VolumeMount, container: Container, path: string, errors: FieldErrors): void {
  const { mountPropagation } = mount
  if (mountPropagation === undefined) return
  if (!propagations.includes(mountPropagation)) errors.notSupported(path, mountPropagation, propagations)
  if (mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')
  }
}

const recursions = ['Disabled', 'Enabled', 'IfPossible']

function validateRecursiveReadOnly(mount: VolumeMount, path: string, errors: FieldErrors): void {
  const { recursiveReadOnly: mode, readOnly, mountPropagation } = mount
  if (mode === undefined || mode === 'Disabled') return
  if (!recursions.includes(mode)) {
    errors.notSupported(path, mode, recursions)
    return
  }
  if (!readOnly) errors.forbidden(path, 'may only be specified when readOnly is true')
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    errors.forbidden(path, 'may only be specified when mountPropagation is None or not specified')
  }
}

function lastByName<T extends { name?: string }>(
  items: readonly T[] | undefined,
  pathOf: (item: T) => string,
): ReadonlyMap<string, string> | undefined {
  if (!items?.length) return undefined
  return new Map(items.map((item) => [item.name ?? '', pathOf(item)]))
}
