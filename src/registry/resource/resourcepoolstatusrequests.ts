import {
  byteLength,
  child,
  conditions,
  each,
  equalJson,
  type FieldErrors,
  invalidEach,
  isDns1123Subdomain,
  isDns1123SubdomainCaseless,
  isLongName,
  maxItems,
  required,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

const maxLimit = 1000
const maxPools = 1000
const maxConditions = 10
const maxPoolName = 253
const maxValidationError = 256

/** A question about pools that is answered once, in its status. */
export const resourcepoolstatusrequests: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  prepareForCreate(request) {
    delete request.status
  },
  validate: ({ spec }, errors) => validateSpec(spec ?? {}, errors),
  validateUpdate({ spec }, old, errors) {
    if (!equalJson(spec, old.spec)) errors.invalid('spec', null, 'field is immutable')
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
  validateStatusUpdate({ status }, old, errors) {
    if (equalJson(status, old.status)) return
    if (old.status !== undefined) errors.invalid('status', internalForm(status, statusType), 'field is immutable')
    else conditions(errors, 'status.conditions', status?.conditions)
    if (status) validateStatus(status, errors)
  },
}

const statusType = 'resource.v1alpha3.ResourcePoolStatusRequestStatus'

interface PoolStatusRequest {
  driver?: string
  poolName?: string
  limit?: number
}

interface PoolStatus {
  driver?: string
  poolName?: string
  generation?: number
  resourceSliceCount?: number
  totalDevices?: number
  allocatedDevices?: number
  availableDevices?: number
  unavailableDevices?: number
  nodeName?: string
  validationError?: string
}

/** Source: the +k8s: markers of resource/v1alpha3, which are all there is for this kind. */
function validateSpec({ driver, poolName, limit }: PoolStatusRequest, errors: FieldErrors): void {
  driverName(errors, 'spec.driver', driver)
  if (poolName !== undefined) validatePoolName(errors, 'spec.poolName', poolName)
  if (limit === undefined) errors.required('spec.limit')
  else if (limit > maxLimit) errors.invalid('spec.limit', limit, `must be less than or equal to ${maxLimit}`)
  else atLeast(errors, 'spec.limit', limit, 1)
}

function validateStatus(
  status: { poolCount?: number; pools?: PoolStatus[]; conditions?: unknown[] },
  errors: FieldErrors,
): void {
  if (status.poolCount === undefined) errors.required('status.poolCount')
  else atLeast(errors, 'status.poolCount', status.poolCount, 0)
  if (maxItems(errors, 'status.pools', status.pools, maxPools))
    each('status.pools', status.pools, (pool, at) => validatePool(pool, at, errors))
  maxItems(errors, 'status.conditions', status.conditions, maxConditions)
}

function validatePool(pool: PoolStatus, at: string, errors: FieldErrors): void {
  const { poolName, nodeName, validationError = '' } = pool
  driverName(errors, child(at, 'driver'), pool.driver)
  if (required(errors, child(at, 'poolName'), poolName)) validatePoolName(errors, child(at, 'poolName'), poolName ?? '')
  if (!pool.generation) errors.required(child(at, 'generation'))
  else atLeast(errors, child(at, 'generation'), pool.generation, 0)
  atLeast(errors, child(at, 'resourceSliceCount'), pool.resourceSliceCount, 1)
  for (const field of ['totalDevices', 'allocatedDevices', 'availableDevices', 'unavailableDevices'] as const)
    atLeast(errors, child(at, field), pool[field], 0)
  if (nodeName !== undefined) invalidEach(errors, child(at, 'nodeName'), nodeName, isDns1123Subdomain(nodeName))
  if (byteLength(validationError) > maxValidationError) errors.tooLong(child(at, 'validationError'), maxValidationError)
}

function driverName(errors: FieldErrors, path: string, name = ''): void {
  if (required(errors, path, name)) invalidEach(errors, path, name, isDns1123SubdomainCaseless(name))
}

function validatePoolName(errors: FieldErrors, path: string, name: string): void {
  if (byteLength(name) > maxPoolName) errors.tooLong(path, maxPoolName)
  name.split('/').forEach((segment, i) => {
    if (segment === '') errors.invalid(path, name, `segment ${i}: must not be empty`)
    else for (const wrong of isLongName(segment)) errors.invalid(path, segment, `segment ${i}: ${wrong}`)
  })
}

function atLeast(errors: FieldErrors, path: string, value: number | undefined, min: number): void {
  if (value !== undefined && value < min) errors.invalid(path, value, `must be greater than or equal to ${min}`)
}
