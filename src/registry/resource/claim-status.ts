import {
  byteLength,
  child,
  conditions,
  equalJson,
  type FieldErrors,
  interfaceAddress,
  nodeSelector,
  oneOf,
  required,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import {
  maxConfig,
  maxRequests,
  type RequestNames,
  validateConfiguration,
  validateRequestRef,
  validateRequestRefs,
} from './claim-spec.js'
import { sameConfigured } from './same-configured.js'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceConfiguration,
  DeviceResult,
  ResourceClaimStatus,
} from './types.js'
import { bindingConditions, deviceName, driverName, list, poolName, rawObject, shareId } from './words.js'

const maxConsumers = 256
const maxConditions = 8
const maxData = 10 * 1024
const maxAddresses = 16
const maxInterfaceName = 256
const maxHardwareAddress = 128

/** Source: kubernetes pkg/apis/resource/validation, ValidateResourceClaimStatusUpdate. */
export function validateClaimStatus(
  status: ResourceClaimStatus,
  old: ResourceClaimStatus,
  { names, deleting }: { readonly names: RequestNames; readonly deleting: boolean },
  errors: FieldErrors,
): void {
  const { allocation, reservedFor = [] } = status
  const consumers = { max: maxConsumers, key: ({ uid = '' }: { uid?: string }) => uid }
  list(errors, 'status.reservedFor', reservedFor, consumers, (consumer, at) => {
    for (const field of ['resource', 'name', 'uid'] as const) required(errors, child(at, field), consumer[field])
  })
  const allocated = new Set(allocation?.devices?.results?.map(idOf))
  list(errors, 'status.devices', status.devices, { key: idOf, told: sharedId }, (device, at) => {
    validateDevice(device, at, allocated, errors)
  })

  if (reservedFor.length > 0 && !allocation)
    errors.forbidden('status.reservedFor', 'may not be specified when `allocated` is not set')
  else if (deleting && reservedFor.some((consumer) => !old.reservedFor?.some((known) => equalJson(known, consumer)))) {
    const detail = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
    errors.forbidden('status.reservedFor', detail)
  }
  if (!allocation) return
  if (!old.allocation) validateAllocation(allocation, 'status.allocation', names, errors)
  else if (!sameConfigured(allocation, old.allocation))
    errors.invalid('status.allocation', internalForm(allocation, 'resource.v1.AllocationResult'), 'field is immutable')
}

/** A device, or the share of one, as it is told in messages. */
export const idOf = ({ driver = '', pool = '', device = '', shareID }: AllocatedDeviceStatus | DeviceResult): string =>
  `${driver}/${pool}/${device}${shareID ? `/${shareID}` : ''}`

/** As it is told. */
const sharedId = ({ driver = '', pool = '', device = '', shareID = '' }: AllocatedDeviceStatus) => ({
  Driver: driver,
  Pool: pool,
  Device: device,
  ShareID: shareID,
})

function validateAllocation(allocation: AllocationResult, at: string, names: RequestNames, errors: FieldErrors): void {
  const devices = child(at, 'devices')
  list(errors, child(devices, 'results'), allocation.devices?.results, { max: maxRequests }, (result, own) => {
    validateResult(result, own, names, errors)
  })
  list(errors, child(devices, 'config'), allocation.devices?.config, { max: 2 * maxConfig }, (config, own) => {
    validateAllocationConfig(config, own, names, errors)
  })
  if (allocation.nodeSelector) nodeSelector(errors, child(at, 'nodeSelector'), allocation.nodeSelector)
}

function validateResult(result: DeviceResult, at: string, names: RequestNames, errors: FieldErrors): void {
  validateRequestRef(result.request ?? '', child(at, 'request'), names, errors)
  driverName(errors, child(at, 'driver'), result.driver)
  poolName(errors, child(at, 'pool'), result.pool)
  deviceName(errors, child(at, 'device'), result.device)
  bindingConditions(errors, at, result.bindingConditions, result.bindingFailureConditions)
  if (result.shareID !== undefined) shareId(errors, child(at, 'shareID'), result.shareID)
}

function validateAllocationConfig(
  config: DeviceConfiguration,
  at: string,
  names: RequestNames,
  errors: FieldErrors,
): void {
  const own = child(at, 'source')
  if (required(errors, own, config.source)) oneOf(errors, own, config.source, ['FromClaim', 'FromClass'])
  validateRequestRefs(config.requests, child(at, 'requests'), names, errors)
  validateConfiguration(config, at, errors)
}

function validateDevice(
  device: AllocatedDeviceStatus,
  at: string,
  allocated: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  driverName(errors, child(at, 'driver'), device.driver)
  poolName(errors, child(at, 'pool'), device.pool)
  deviceName(errors, child(at, 'device'), device.device)
  if (device.shareID !== undefined) shareId(errors, child(at, 'shareID'), device.shareID)
  if (!allocated.has(idOf(device))) errors.invalid(at, sharedId(device), 'must be an allocated device in the claim')
  const own = child(at, 'conditions')
  const count = device.conditions?.length ?? 0
  if (count > maxConditions) errors.tooMany(own, count, maxConditions)
  conditions(errors, own, device.conditions)
  if (device.data !== undefined) rawObject(errors, child(at, 'data'), device.data, maxData)
  if (device.networkData) validateNetworkData(device.networkData, child(at, 'networkData'), errors)
}

function validateNetworkData(
  { interfaceName = '', hardwareAddress = '', ips }: NonNullable<AllocatedDeviceStatus['networkData']>,
  at: string,
  errors: FieldErrors,
): void {
  if (byteLength(interfaceName) > maxInterfaceName) errors.tooLong(child(at, 'interfaceName'), maxInterfaceName)
  if (byteLength(hardwareAddress) > maxHardwareAddress) errors.tooLong(child(at, 'hardwareAddress'), maxHardwareAddress)
  list(errors, child(at, 'ips'), ips, { max: maxAddresses, key: (address) => address }, (address, own) => {
    interfaceAddress(errors, own, address)
  })
}
