import {
  asSent,
  child,
  dns1123Subdomain,
  type FieldErrors,
  immutable,
  nodeSelector,
  required,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import { validateCounters } from './counters.js'
import { validateDevice } from './device.js'
import type { CounterSet, Device, ResourceSliceSpec } from './types.js'
import { deviceName, driverName, list, poolName } from './words.js'

const maxDevices = 128
const maxAdvancedDevices = 64
const maxCounterSets = 8
const maxCounters = 32

/** Source: kubernetes pkg/apis/resource/validation, validateResourceSliceSpec. */
export function validateSliceSpec(
  spec: ResourceSliceSpec,
  old: ResourceSliceSpec | undefined,
  errors: FieldErrors,
): void {
  const { pool = {}, devices, sharedCounters } = spec
  const { resourceSliceCount = 0, generation = 0 } = pool
  driverName(errors, 'spec.driver', spec.driver)
  poolName(errors, 'spec.pool.name', pool.name)
  if (resourceSliceCount <= 0)
    errors.invalid('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero')
  if (generation < 0) errors.invalid('spec.pool.generation', generation, 'must be greater than or equal to zero')
  if (old !== undefined) {
    immutable(errors, 'spec.pool.name', pool.name ?? '', old.pool?.name ?? '')
    immutable(errors, 'spec.driver', spec.driver ?? '', old.driver ?? '')
    immutable(errors, 'spec.nodeName', spec.nodeName, old.nodeName)
  }
  validateNodes(spec, errors)
  if (asSent(spec, 'sharedCounters') && asSent(spec, 'devices'))
    errors.invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed')
  const max = devices?.some(isAdvanced) ? maxAdvancedDevices : maxDevices
  list(errors, 'spec.devices', devices, { max, key: ({ name = '' }) => name }, (device, at) => {
    const before = old?.devices?.find(({ name }) => name === device.name)
    validateDevice(device, before, spec.perDeviceNodeSelection === true, at, errors)
  })
  list(
    errors,
    'spec.sharedCounters',
    sharedCounters,
    { max: maxCounterSets, key: ({ name = '' }) => name },
    (set, at) => {
      validateCounterSet(set, at, errors)
    },
  )
}

const isAdvanced = ({ taints, consumesCounters, attributes = {} }: Device): boolean =>
  (taints?.length ?? 0) > 0 ||
  (consumesCounters?.length ?? 0) > 0 ||
  Object.values(attributes).some(({ bools, ints, strings, versions }) => bools || ints || strings || versions)

/** Exactly one way to say which nodes the devices can be reached from. */
function validateNodes(spec: ResourceSliceSpec, errors: FieldErrors): void {
  const { nodeName, nodeSelector: selector } = spec
  const set: string[] = []
  if (nodeName === '') errors.invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string')
  else if (nodeName !== undefined) {
    set.push('`nodeName`')
    dns1123Subdomain(errors, 'spec.nodeName', nodeName)
  }
  if (selector) {
    set.push('`nodeSelector`')
    nodeSelector(errors, 'spec.nodeSelector', selector)
    const terms = asSent(selector, 'nodeSelectorTerms')
    if (terms?.length !== 1) {
      const shown = terms?.map((term) => internalForm(term, 'core.v1.NodeSelectorTerm'))
      errors.invalid('spec.nodeSelector.nodeSelectorTerms', shown ?? null, 'must have exactly one node selector term')
    }
  }
  for (const field of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (spec[field] === true) set.push(`\`${field}\``)
    else if (spec[field] === false) errors.invalid(child('spec', field), false, 'must be either unset or set to true')
  }
  const one = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (set.length === 0) errors.required('spec', one)
  else if (set.length > 1) errors.invalid('spec', `{${set.join(', ')}}`, `${one}, but multiple fields are set`)
}

function validateCounterSet({ name, counters }: CounterSet, at: string, errors: FieldErrors): void {
  if (required(errors, child(at, 'name'), name)) deviceName(errors, child(at, 'name'), name)
  validateCounters(counters, child(at, 'counters'), maxCounters, errors)
}
