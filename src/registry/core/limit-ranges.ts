import {
  child,
  type FieldErrors,
  index,
  isQualifiedName,
  type KubeObject,
  key,
  parseQuantity,
  type Quantity,
  quantityOf,
  setOwn,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { roundResourceList } from './pod/index.js'
import { isOvercommitAllowed } from './pod/resource-lists.js'
import { validateContainerResourceName, validateResourceName } from './resource-names.js'

type ResourceList = Record<string, string>

interface LimitRangeItem {
  type?: string
  max?: ResourceList
  min?: ResourceList
  default?: ResourceList
  defaultRequest?: ResourceList
  maxLimitRequestRatio?: ResourceList
}

export const limitRanges: ResourceRules = {
  allowCreateOnUpdate: true,
  defaults: {
    v1(object) {
      for (const limit of limitsOf(object)) setDefaults(limit)
    },
  },
  prepareForCreate({ metadata }) {
    // Upstream makes up a name where there is none; any random one does.
    if (!metadata.name && metadata.uid) metadata.name = metadata.uid
  },
  validate: validateLimits,
  validateUpdate(object, _, errors) {
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateLimits(object, errors)
  },
}

const limitsOf = (object: KubeObject): readonly LimitRangeItem[] => object.spec?.limits ?? []

/** Containers: the default limit follows from the maximum, the default request from the default limit, then the minimum. */
function setDefaults(limit: LimitRangeItem): void {
  for (const list of [limit.max, limit.min, limit.default, limit.defaultRequest, limit.maxLimitRequestRatio]) {
    roundResourceList(list)
  }
  if (limit.type !== 'Container') return
  limit.default = filled(limit.default, limit.max)
  limit.defaultRequest = filled(filled(limit.defaultRequest, limit.default), limit.min)
}

function filled(list: ResourceList = {}, from: ResourceList = {}): ResourceList {
  for (const name of Object.keys(from)) if (!Object.hasOwn(list, name)) setOwn(list, name, from[name])
  return list
}

/** Source: pkg/apis/core/validation, ValidateLimitRange. */
function validateLimits(object: KubeObject, errors: FieldErrors): void {
  const types = new Set<string>()
  limitsOf(object).forEach((limit, i) => {
    const at = index('spec.limits', i)
    const type = limit.type ?? ''
    validateType(type, child(at, 'type'), errors)
    if (types.has(type)) errors.duplicate(child(at, 'type'), type)
    types.add(type)
    validateItem(limit, type, at, errors)
  })
}

function validateType(type: string, path: string, errors: FieldErrors): void {
  const wrong = isQualifiedName(type)
  for (const text of wrong) errors.invalid(path, type, text)
  const standard = type === 'Pod' || type === 'Container' || type === 'PersistentVolumeClaim'
  if (wrong.length === 0 && !type.includes('/') && !standard) {
    errors.invalid(path, type, 'must be a standard limit type or fully qualified')
  }
}

function validateItem(limit: LimitRangeItem, type: string, at: string, errors: FieldErrors): void {
  const names = new Set<string>()
  const ofContainers = type === 'Pod' || type === 'Container'
  const check = (list: ResourceList | undefined, field: string): void => {
    for (const name of Object.keys(list ?? {})) {
      const own = key(child(at, field), name)
      if (ofContainers) validateContainerResourceName(name, own, errors)
      else validateResourceName(name, own, errors)
      names.add(name)
    }
  }
  check(limit.max, 'max')
  check(limit.min, 'min')
  for (const field of ['default', 'defaultRequest'] as const) {
    if (type !== 'Pod') check(limit[field], field)
    else if (Object.keys(limit[field] ?? {}).length > 0) {
      errors.forbidden(child(at, field), "may not be specified when `type` is 'Pod'")
    }
  }
  if (type === 'PersistentVolumeClaim' && limit.min?.storage === undefined && limit.max?.storage === undefined) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided'
    errors.required(child(at, 'limits'), detail)
  }
  check(limit.maxLimitRequestRatio, 'maxLimitRequestRatio')
  for (const name of names) validateAmounts(limit, type, name, at, errors)
}

function validateAmounts(limit: LimitRangeItem, type: string, name: string, at: string, errors: FieldErrors): void {
  const min = amount(limit.min, name)
  const max = amount(limit.max, name)
  const fallback = type === 'Pod' ? undefined : amount(limit.default, name)
  const request = type === 'Pod' ? undefined : amount(limit.defaultRequest, name)
  const ratio = amount(limit.maxLimitRequestRatio, name)
  const requestPath = key(child(at, 'defaultRequest'), name)
  const defaultPath = key(child(at, 'default'), name)
  const notAbove = (
    low: Quantity | undefined,
    high: Quantity | undefined,
    path: string,
    told: Quantity | undefined,
    words: readonly [string, string],
  ): void => {
    if (low === undefined || high === undefined || low.compare(high) <= 0) return
    errors.invalid(path, told?.toString(), `${words[0]} value ${low} is greater than ${words[1]} value ${high}`)
  }
  notAbove(min, max, key(child(at, 'min'), name), min, ['min', 'max'])
  notAbove(min, request, requestPath, request, ['min', 'default request'])
  notAbove(request, max, requestPath, request, ['default request', 'max'])
  notAbove(request, fallback, requestPath, request, ['default request', 'default limit'])
  notAbove(min, fallback, defaultPath, min, ['min', 'default'])
  notAbove(fallback, max, defaultPath, max, ['default', 'max'])
  if (ratio !== undefined) validateRatio(ratio, min, max, key(child(at, 'maxLimitRequestRatio'), name), errors)
  const differ = fallback !== undefined && request !== undefined && fallback.compare(request) !== 0
  if (differ && !isOvercommitAllowed(name)) {
    const detail = `default value ${fallback} must equal to defaultRequest value ${request} in ${name}`
    errors.invalid(requestPath, request.toString(), detail)
  }
}

function validateRatio(
  ratio: Quantity,
  min: Quantity | undefined,
  max: Quantity | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (ratio.compare(quantityOf(1)) < 0) errors.invalid(path, ratio.toString(), `ratio ${ratio} is less than 1`)
  if (min === undefined || max === undefined) return
  // Thousandths where all three are small enough for them, whole numbers else.
  const fine = [ratio, min, max].every((quantity) => quantity.value() < maxMilliValue)
  const number = (quantity: Quantity): number => Number(fine ? quantity.milliValue() : quantity.value())
  const bound = number(max) / number(min)
  const own = fine ? Number(ratio.milliValue()) / 1000 : Number(ratio.value())
  if (own > bound) {
    errors.invalid(path, ratio.toString(), `ratio ${ratio} is greater than max/min = ${bound.toFixed(6)}`)
  }
}

const maxMilliValue = (2n ** 63n - 1n) / 1000n

const amount = (list: ResourceList | undefined, name: string): Quantity | undefined =>
  list !== undefined && list !== null && Object.hasOwn(list, name) ? parseQuantity(list[name]!) : undefined
