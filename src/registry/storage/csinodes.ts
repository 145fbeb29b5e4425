import {
  byteLength,
  child,
  each,
  equalJson,
  type FieldErrors,
  nonNegative,
  qualifiedName,
  required,
  validateObjectMeta,
} from '../../api/index.js'
import { validateCsiDriverName } from '../core/pod/volume-sources.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'

const maxNodeId = 256

export const csinodes: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  validate: ({ spec }, errors) => validateDrivers(spec?.drivers, errors),
  validateUpdate({ metadata, spec }, old, errors, { enabled }) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateDrivers(spec?.drivers, errors)
    keepDrivers(spec?.drivers ?? [], old.spec?.drivers ?? [], enabled('MutableCSINodeAllocatableCount'), errors)
  },
}

interface Driver {
  name?: string
  nodeID?: string
  topologyKeys?: string[]
  allocatable?: { count?: number }
}

/** Source: kubernetes pkg/apis/storage/validation, validateCSINodeDrivers. */
function validateDrivers(drivers: readonly Driver[] | undefined, errors: FieldErrors): void {
  const names = new Set<string>()
  each('spec.drivers', drivers, ({ name = '', nodeID = '', topologyKeys, allocatable }, at) => {
    validateCsiDriverName(name, child(at, 'name'), errors)
    required(errors, child(at, 'nodeID'), nodeID)
    if (byteLength(nodeID) > maxNodeId)
      errors.invalid(child(at, 'nodeID'), nodeID, `must be ${maxNodeId} characters or less`)
    nonNegative(errors, child(at, 'allocatable.count'), allocatable?.count)
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    names.add(name)
    const keys = new Set<string>()
    for (const key of topologyKeys ?? []) {
      required(errors, at, key)
      if (keys.has(key)) errors.duplicate(at, key)
      keys.add(key)
      qualifiedName(errors, at, key)
    }
  })
}

/** What a driver has said about a node stays as it is, how much can be allocated aside. */
function keepDrivers(
  drivers: readonly Driver[],
  old: readonly Driver[],
  countMayChange: boolean,
  errors: FieldErrors,
): void {
  const fixed = ({ allocatable, ...rest }: Driver): Driver =>
    countMayChange || allocatable === undefined ? rest : { ...rest, allocatable }
  for (const before of old)
    for (const driver of drivers)
      if (driver.name === before.name && !equalJson(withKeys(fixed(driver)), withKeys(fixed(before))))
        errors.invalid('spec.drivers', internalForm(fixed(driver), 'storage.v1.CSINodeDriver'), 'field is immutable')
}

/** No keys are as good as an empty list of them. */
const withKeys = (driver: Driver): Driver => ({ ...driver, topologyKeys: driver.topologyKeys ?? [] })
