import { rfc3339 } from '../../api/index.js'
import type { Device, DeviceRequestSpec, DeviceTaint, ExactDeviceRequest, ResourceClaimSpec } from './types.js'

/** Source: kubernetes pkg/apis/resource/{v1,v1beta2,v1beta1}/defaults.go. */

export function defaultClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if (request.exactly) defaultCount(request.exactly)
    for (const alternative of request.firstAvailable ?? []) defaultCount(alternative)
  }
}

/** In v1beta1 a request without alternatives is the exact one itself, told by its class. */
export function defaultBetaClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    const flat = request as ExactDeviceRequest
    if (flat.deviceClassName) defaultCount(flat)
    for (const alternative of request.firstAvailable ?? []) defaultCount(alternative)
  }
}

export function defaultDevice(device: Device): void {
  for (const taint of device.taints ?? []) defaultTaint(taint)
  for (const mapping of Object.values(device.nodeAllocatableResourceMappings ?? {}))
    mapping.allocationMultiplier ??= '1'
}

/** Defaults have no clock but the wall's: what is filled in here has to be there before anything else looks at the object. */
export function defaultTaint(taint: DeviceTaint): void {
  // Null is the zero time, which somebody has written out.
  if (taint.timeAdded === undefined) taint.timeAdded = rfc3339(Date.now())
}

function defaultCount(request: DeviceRequestSpec): void {
  request.allocationMode ||= 'ExactCount'
  if (request.allocationMode === 'ExactCount') request.count ||= 1
}
