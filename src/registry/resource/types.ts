import type { Condition, NodeSelectorTerm } from '../../api/index.js'

/** What rules of this group read of its objects, in the form of v1. Quantities are strings. */

export interface ResourceClaimSpec {
  devices?: DeviceClaim
}

export interface DeviceClaim {
  requests?: DeviceRequest[]
  constraints?: DeviceConstraint[]
  config?: DeviceConfiguration[]
}

export interface DeviceRequest {
  name?: string
  exactly?: ExactDeviceRequest
  firstAvailable?: DeviceSubRequest[]
}

export interface DeviceRequestSpec {
  deviceClassName?: string
  selectors?: DeviceSelector[]
  allocationMode?: string
  count?: number
  tolerations?: DeviceToleration[]
  capacity?: { requests?: Record<string, string> }
}

export interface ExactDeviceRequest extends DeviceRequestSpec {
  adminAccess?: boolean
}

export interface DeviceSubRequest extends DeviceRequestSpec {
  name?: string
}

export interface DeviceSelector {
  cel?: { expression?: string }
}

export interface DeviceToleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface DeviceConstraint {
  requests?: string[]
  matchAttribute?: string
  distinctAttribute?: string
}

/** `requests` in claims, `source` in allocations. */
export interface DeviceConfiguration {
  source?: string
  requests?: string[]
  opaque?: { driver?: string; parameters?: unknown }
}

export interface ResourceClaimStatus {
  allocation?: AllocationResult
  reservedFor?: ResourceClaimConsumer[]
  devices?: AllocatedDeviceStatus[]
}

export interface AllocationResult {
  devices?: { results?: DeviceResult[]; config?: DeviceConfiguration[] }
  nodeSelector?: NodeSelector
  allocationTimestamp?: string
}

export interface DeviceResult {
  request?: string
  driver?: string
  pool?: string
  device?: string
  adminAccess?: boolean
  tolerations?: DeviceToleration[]
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
  shareID?: string
  consumedCapacity?: Record<string, string>
}

export interface ResourceClaimConsumer {
  apiGroup?: string
  resource?: string
  name?: string
  uid?: string
}

export interface AllocatedDeviceStatus {
  driver?: string
  pool?: string
  device?: string
  shareID?: string
  conditions?: Condition[]
  data?: unknown
  networkData?: { interfaceName?: string; ips?: string[]; hardwareAddress?: string }
}

export interface NodeSelector {
  nodeSelectorTerms?: NodeSelectorTerm[]
}

export interface ResourceSliceSpec {
  driver?: string
  pool?: { name?: string; generation?: number; resourceSliceCount?: number }
  nodeName?: string
  nodeSelector?: NodeSelector
  allNodes?: boolean
  devices?: Device[]
  perDeviceNodeSelection?: boolean
  sharedCounters?: CounterSet[]
}

export interface CounterSet {
  name?: string
  counters?: Record<string, Counter>
}

export interface Counter {
  value?: string
}

export interface Device {
  name?: string
  attributes?: Record<string, DeviceAttribute>
  capacity?: Record<string, DeviceCapacity>
  consumesCounters?: { counterSet?: string; counters?: Record<string, Counter> }[]
  nodeName?: string
  nodeSelector?: NodeSelector
  allNodes?: boolean
  taints?: DeviceTaint[]
  bindsToNode?: boolean
  bindingConditions?: string[]
  bindingFailureConditions?: string[]
  allowMultipleAllocations?: boolean
  nodeAllocatableResourceMappings?: Record<string, { capacityKey?: string; allocationMultiplier?: string }>
}

export interface DeviceAttribute {
  int?: number | bigint
  bool?: boolean
  string?: string
  version?: string
  ints?: (number | bigint)[]
  bools?: boolean[]
  strings?: string[]
  versions?: string[]
}

export interface DeviceCapacity {
  value?: string
  requestPolicy?: CapacityRequestPolicy
}

export interface CapacityRequestPolicy {
  default?: string
  validValues?: string[]
  validRange?: { min?: string; max?: string; step?: string }
}

export interface DeviceTaint {
  key?: string
  value?: string
  effect?: string
  timeAdded?: string
}
