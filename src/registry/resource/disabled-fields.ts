import { dropSent } from '../../api/index.js'
import type { RuleContext } from '../rules.js'
import type { Device, DeviceRequestSpec, ResourceClaimSpec, ResourceClaimStatus, ResourceSliceSpec } from './types.js'

/**
 * Fields whose feature gate is off are dropped from what clients send, unless the old object has some of them already.
 * Source: kubernetes pkg/registry/resource/<kind>/strategy.go and pkg/api/resourceclaimspec.
 */
export function dropDisabledSliceFields(
  spec: ResourceSliceSpec | undefined,
  old: ResourceSliceSpec | undefined,
  { enabled }: RuleContext,
): void {
  const devices = spec?.devices ?? []
  const before = old?.devices ?? []
  const drop = (gate: boolean, fields: readonly (keyof Device)[], inUse = false): void => {
    if (gate || inUse || before.some((device) => fields.some((field) => isSet(device[field])))) return
    for (const device of devices) for (const field of fields) delete device[field]
  }
  drop(enabled('DRADeviceTaints'), ['taints'])
  const counters = isSet(old?.sharedCounters) || old?.perDeviceNodeSelection !== undefined
  const partitions = ['consumesCounters', 'nodeName', 'nodeSelector', 'allNodes'] as const
  if (spec && !enabled('DRAPartitionableDevices') && !counters && !uses(before, partitions)) {
    delete spec.sharedCounters
    delete spec.perDeviceNodeSelection
  }
  drop(enabled('DRAPartitionableDevices'), partitions, counters)
  drop(enabled('DRADeviceBindingConditions') && enabled('DRAResourceClaimDeviceStatus'), [
    'bindingConditions',
    'bindingFailureConditions',
    'bindsToNode',
  ])
  const policies = before.some(({ capacity = {} }) =>
    Object.values(capacity).some(({ requestPolicy }) => requestPolicy),
  )
  if (!enabled('DRAConsumableCapacity') && !policies && !uses(before, ['allowMultipleAllocations']))
    for (const { capacity = {} } of devices) for (const amount of Object.values(capacity)) delete amount.requestPolicy
  drop(enabled('DRAConsumableCapacity'), ['allowMultipleAllocations'], policies)
  drop(enabled('DRANodeAllocatableResources'), ['nodeAllocatableResourceMappings'])
  if (enabled('DRAListTypeAttributes') || before.some(hasLists)) return
  for (const { attributes = {} } of devices)
    for (const attribute of Object.values(attributes)) for (const field of lists) dropSent(attribute, field)
}

const lists = ['bools', 'ints', 'strings', 'versions'] as const

const hasLists = ({ attributes = {} }: Device): boolean =>
  Object.values(attributes).some((attribute) => lists.some((field) => attribute[field] !== undefined))

const uses = (devices: readonly Device[], fields: readonly (keyof Device)[]): boolean =>
  devices.some((device) => fields.some((field) => isSet(device[field])))

/** Lists and maps count if they have something in them. */
const isSet = (value: unknown): boolean =>
  value !== undefined && (typeof value !== 'object' || value === null || Object.keys(value).length > 0)

export function dropDisabledClaimFields(
  spec: ResourceClaimSpec | undefined,
  old: ResourceClaimSpec | undefined,
  { enabled }: RuleContext,
): void {
  const requests = spec?.devices?.requests ?? []
  const before = old?.devices?.requests ?? []
  if (!enabled('DRAAdminAccess') && !before.some(({ exactly }) => exactly?.adminAccess !== undefined))
    for (const { exactly } of requests) if (exactly) delete exactly.adminAccess
  if (!enabled('DRAPrioritizedList') && !before.some(({ firstAvailable }) => firstAvailable?.length))
    for (const request of requests) delete request.firstAvailable
  if (!enabled('DRADeviceTaints') && !specsOf(before).some(({ tolerations }) => tolerations?.length))
    for (const request of specsOf(requests)) delete request.tolerations
  const consumes =
    specsOf(before).some(({ capacity }) => capacity) ||
    (old?.devices?.constraints ?? []).some(({ distinctAttribute }) => distinctAttribute !== undefined)
  if (enabled('DRAConsumableCapacity') || consumes) return
  for (const constraint of spec?.devices?.constraints ?? []) delete constraint.distinctAttribute
  for (const request of specsOf(requests)) delete request.capacity
}

const specsOf = (requests: NonNullable<NonNullable<ResourceClaimSpec['devices']>['requests']>): DeviceRequestSpec[] =>
  requests.flatMap(({ exactly, firstAvailable = [] }) => (exactly ? [exactly, ...firstAvailable] : firstAvailable))

export function dropDisabledStatusFields(
  status: ResourceClaimStatus,
  old: ResourceClaimStatus,
  { enabled }: RuleContext,
): void {
  const results = status.allocation?.devices?.results ?? []
  const before = old.allocation?.devices?.results ?? []
  if (!enabled('DRAResourceClaimDeviceStatus') && !old.devices?.length) delete status.devices
  const shares =
    before.some(({ shareID, consumedCapacity }) => shareID !== undefined || consumedCapacity) ||
    (old.devices ?? []).some(({ shareID }) => shareID !== undefined)
  if (!enabled('DRAConsumableCapacity') && !shares) {
    for (const result of results) {
      delete result.shareID
      delete result.consumedCapacity
    }
    for (const device of status.devices ?? []) delete device.shareID
  }
  if (enabled('DRADeviceBindingConditions')) return
  if (before.some(({ bindingConditions, bindingFailureConditions }) => bindingConditions || bindingFailureConditions))
    return
  for (const result of results) {
    delete result.bindingConditions
    delete result.bindingFailureConditions
  }
}
