import {
  asSent,
  byteLength,
  child,
  dns1123Subdomain,
  each,
  equalJson,
  type FieldErrors,
  isNativeResource,
  nodeSelector,
  parseQuantity,
  required,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import { validateCounters } from './counters.js'
import { validateRequestPolicy } from './request-policy.js'
import { validateTaint } from './taints.js'
import type { Device, DeviceAttribute, DeviceCapacity } from './types.js'
import { attributeName, bindingConditions, deviceName, list, map } from './words.js'

const maxAttributesAndCapacities = 32
const maxAttributeValues = 48
const maxValue = 64
const maxTaints = 16
const maxConsumptions = 2
const maxConsumedCounters = 32
/** Of an attribute's name: domain, slash and identifier. */
const shownKey = 63 + 1 + 32

/** Source: kubernetes pkg/apis/resource/validation, validateDevice. */
export function validateDevice(
  device: Device,
  old: Device | undefined,
  ownNodes: boolean,
  at: string,
  errors: FieldErrors,
): void {
  const { attributes = {}, capacity = {}, allowMultipleAllocations: shared = false } = device
  deviceName(errors, child(at, 'name'), device.name)
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  if (count > maxAttributesAndCapacities) {
    const detail = `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`
    errors.invalid(at, count, detail)
  }
  const values = Object.values(attributes).reduce((sum, attribute) => sum + valuesOf(attribute), 0)
  if (values > maxAttributeValues)
    errors.invalid(at, values, `the total number of attribute values must not exceed ${maxAttributeValues}`)

  map(errors, child(at, 'attributes'), attributes, { shownKey }, attributeName, (attribute, own) => {
    validateAttribute(attribute, own, errors)
  })
  map(errors, child(at, 'capacity'), capacity, { shownKey }, attributeName, (amount, own) => {
    validateCapacity(amount, shared, own, errors)
  })
  if (old === undefined || !equalJson(old.taints ?? [], device.taints ?? []))
    list(errors, child(at, 'taints'), device.taints, { max: maxTaints }, (taint, own) => {
      validateTaint(taint, undefined, own, errors)
    })
  const rules = { max: maxConsumptions, key: ({ counterSet = '' }: { counterSet?: string }) => counterSet }
  list(errors, child(at, 'consumesCounters'), device.consumesCounters, rules, ({ counterSet, counters }, own) => {
    if (required(errors, child(own, 'counterSet'), counterSet)) deviceName(errors, child(own, 'counterSet'), counterSet)
    validateCounters(counters, child(own, 'counters'), maxConsumedCounters, errors)
  })
  if (ownNodes) validateNodes(device, at, errors)
  else if (device.nodeName !== undefined || device.nodeSelector || device.allNodes !== undefined) {
    const detail =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
    errors.invalid(at, null, detail)
  }
  bindingConditions(errors, at, device.bindingConditions, device.bindingFailureConditions)
  validateMappings(device, child(at, 'nodeAllocatableResourceMappings'), errors)
}

function valuesOf({ bools = [], ints = [], strings = [], versions = [] }: DeviceAttribute): number {
  return bools.length + ints.length + strings.length + versions.length || 1
}

const semanticVersion = (() => {
  const number = '(0|[1-9]\\d*)'
  const release = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
  const build = '[0-9a-zA-Z-]+'
  return new RegExp(`^${number}\\.${number}\\.${number}(-${release}(\\.${release})*)?(\\+${build}(\\.${build})*)?$`)
})()

function validateAttribute(attribute: DeviceAttribute, at: string, errors: FieldErrors): void {
  const { string, version } = attribute
  let set = Object.values(attribute).filter((value) => value !== undefined).length
  if (string !== undefined) validateText(string, child(at, 'string'), errors)
  if (version !== undefined) validateVersion(version, child(at, 'version'), errors)
  for (const field of ['bools', 'ints', 'strings', 'versions'] as const) {
    if (asSent(attribute, field)?.length === 0) {
      errors.invalid(child(at, field), [], 'must not be empty if specified')
      set++
    }
    if (field === 'strings') each(child(at, field), attribute.strings, (text, own) => validateText(text, own, errors))
    if (field === 'versions')
      each(child(at, field), attribute.versions, (text, own) => validateVersion(text, own, errors))
  }
  if (set === 1) return
  const shown = set === 0 ? '' : internalForm(attribute, 'resource.v1.DeviceAttribute')
  errors.invalid(at, shown, 'exactly one value must be specified')
}

function validateText(text: string, at: string, errors: FieldErrors): void {
  if (byteLength(text) > maxValue) errors.tooLong(at, maxValue)
}

function validateVersion(version: string, at: string, errors: FieldErrors): void {
  if (!semanticVersion.test(version))
    errors.invalid(at, version, 'must be a string compatible with semver.org spec 2.0.0')
  validateText(version, at, errors)
}

function validateCapacity(
  { value, requestPolicy }: DeviceCapacity,
  shared: boolean,
  at: string,
  errors: FieldErrors,
): void {
  const own = child(at, 'requestPolicy')
  if (!requestPolicy) return
  if (shared) validateRequestPolicy(parseQuantity(value ?? '0'), requestPolicy, own, errors)
  else errors.forbidden(own, 'allowMultipleAllocations must be true')
}

function validateNodes({ nodeName, nodeSelector: selector, allNodes }: Device, at: string, errors: FieldErrors): void {
  const set: string[] = []
  if (nodeName === '') errors.invalid(child(at, 'nodeName'), nodeName, 'must not be empty')
  else if (nodeName !== undefined) {
    set.push('`nodeName`')
    dns1123Subdomain(errors, child(at, 'nodeName'), nodeName)
  }
  if (selector) {
    set.push('`nodeSelector`')
    nodeSelector(errors, child(at, 'nodeSelector'), selector)
  }
  if (allNodes === true) set.push('`allNodes`')
  else if (allNodes === false) errors.invalid(child(at, 'allNodes'), false, 'must be either unset or set to true')
  const one =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (set.length === 0) errors.required(at, one)
  else if (set.length > 1) errors.invalid(at, `{${set.join(', ')}}`, one)
}

function validateMappings(
  { nodeAllocatableResourceMappings = {}, capacity = {} }: Device,
  at: string,
  errors: FieldErrors,
): void {
  for (const [name, { capacityKey, allocationMultiplier }] of Object.entries(nodeAllocatableResourceMappings)) {
    const own = `${at}[${name}]`
    if (!isNativeResource(name)) errors.invalid(own, name, 'must be a node allocatable resource name')
    if (allocationMultiplier === undefined && capacityKey === undefined)
      errors.invalid(own, '', 'at least one of allocationMultiplier or capacityKey must be set')
    if (allocationMultiplier !== undefined && parseQuantity(allocationMultiplier).sign <= 0)
      errors.invalid(child(own, 'allocationMultiplier'), allocationMultiplier, 'must be positive')
    if (capacityKey === '') errors.invalid(child(own, 'capacityKey'), '', 'capacityKey must not be an empty string')
    else if (capacityKey !== undefined && !Object.hasOwn(capacity, capacityKey))
      errors.notFound(child(own, 'capacityKey'), capacityKey)
  }
}
