import {
  asSent,
  child,
  dns1123Label,
  type FieldErrors,
  index,
  isHugePages,
  isPodLevelResource,
  key,
  parseQuantity,
  type Quantity,
} from '../../../api/index.js'
import { validateContainerResourceName, validateResourceAmount, validateResourceName } from '../resource-names.js'
import type { PodValidationOptions } from './options.js'
import { aggregateContainers, isOvercommitAllowed } from './resource-lists.js'
import type { PodSpec, ResourceClaim, ResourceRequirements } from './types.js'

/** Resources of a container. `claims` are the names of the pod's resource claims. Also for overhead, as limits. */
export function validateContainerResources(
  requirements: ResourceRequirements,
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  validateRequirements(requirements, validateContainerResourceName, claims, path, errors, options)
}

/** Resources of a pod as a whole. Source: validatePodResources. */
export function validatePodLevelResources(
  spec: PodSpec,
  claims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { resources, os } = spec
  if (!resources) return
  const at = child(path, 'resources')
  if (os?.name === 'windows') {
    errors.forbidden(at, 'may not be set for a windows pod')
    return
  }
  if (asSent(resources, 'claims'))
    errors.forbidden(child(at, 'claims'), 'claims may not be set for Resources at pod-level')
  validateRequirements(resources, validatePodResourceName, claims, at, errors, options)
  validateConsistency(spec, resources, at, errors)
}

type NameRule = (name: string, path: string, errors: FieldErrors) => void

function validateRequirements(
  requirements: ResourceRequirements,
  nameRule: NameRule,
  podClaims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { limits, requests, claims } = requirements
  let compute = false
  let hugePages = false
  for (const name in limits) {
    const at = key(child(path, 'limits'), name)
    const quantity = parseQuantity(limits[name]!)
    nameRule(name, at, errors)
    validateResourceAmount(name, quantity, at, errors)
    hugePages = validateHugePages(name, quantity, at, errors, options) || hugePages
    compute ||= name === 'cpu' || name === 'memory'
  }
  for (const name in requests) {
    const reqPath = child(path, 'requests')
    const at = key(reqPath, name)
    const quantity = parseQuantity(requests[name]!)
    nameRule(name, at, errors)
    validateResourceAmount(name, quantity, at, errors)
    if (limits !== undefined && Object.hasOwn(limits, name)) {
      validateOrder(name, quantity, parseQuantity(limits[name]!), reqPath, errors)
    } else if (!isOvercommitAllowed(name)) {
      errors.required(child(path, 'limits'), 'Limit must be set for non overcommitable resources')
    }
    hugePages = validateHugePages(name, quantity, at, errors, options) || hugePages
    compute ||= name === 'cpu' || name === 'memory'
  }
  if (hugePages && !compute) errors.forbidden(path, 'HugePages require cpu or memory')
  if (claims?.length) validateClaims(claims, podClaims, child(path, 'claims'), errors)
}

function validateOrder(name: string, request: Quantity, limit: Quantity, path: string, errors: FieldErrors): void {
  const order = request.compare(limit)
  if (order !== 0 && !isOvercommitAllowed(name)) {
    errors.invalid(path, request.toString(), `must be equal to ${name} limit of ${limit}`)
  } else if (order > 0) {
    errors.invalid(path, request.toString(), `must be less than or equal to ${name} limit of ${limit}`)
  }
}

/** Whether it is huge pages at all. */
function validateHugePages(
  name: string,
  quantity: Quantity,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): boolean {
  if (!isHugePages(name)) return false
  if (!options.indivisibleHugePages && !isDivisibleByPage(name, quantity)) {
    errors.invalid(path, quantity.toString(), `${quantity} is not positive integer multiple of ${name}`)
  }
  return true
}

/** Whether an amount of huge pages is a number of whole pages. */
export function isDivisibleByPage(name: string, quantity: Quantity): boolean {
  const page = pageSize(name)
  if (page === undefined || page.sign <= 0 || !page.isInteger) return false
  return BigInt(quantity.value()) % BigInt(page.value()) === 0n
}

function pageSize(name: string): Quantity | undefined {
  try {
    return parseQuantity(name.slice('hugepages-'.length))
  } catch {
    return undefined
  }
}

function validatePodResourceName(name: string, path: string, errors: FieldErrors): void {
  if (!validateResourceName(name, path, errors) || isPodLevelResource(name)) return
  errors.notSupported(path, name, ['cpu', 'hugepages-', 'memory'])
}

function validateClaims(
  claims: readonly ResourceClaim[],
  podClaims: ReadonlySet<string>,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  claims.forEach(({ name = '', request = '' }, i) => {
    const at = index(path, i)
    if (name === '') {
      errors.required(at)
      return
    }
    if (seen.has(name)) errors.duplicate(at, name)
    else {
      if (request !== '') dns1123Label(errors, child(at, 'request'), request)
      const own = request === '' ? name : `${name}/${request}`
      if (seen.has(own)) errors.duplicate(at, own)
      else if (request === '') for (const other of seen) if (other.startsWith(`${name}/`)) errors.duplicate(at, name)
      seen.add(own)
    }
    if (!podClaims.has(name)) {
      const names = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`
      errors.notFound(at, name, `must be one of the names in pod.spec.resourceClaims${names}`)
    }
  })
}

/** Pod-level amounts against those of the containers. Source: validatePodResourceConsistency. */
function validateConsistency(spec: PodSpec, resources: ResourceRequirements, path: string, errors: FieldErrors): void {
  const { requests = {}, limits = {} } = resources
  for (const [name, sum] of aggregateContainers(spec, 'requests')) {
    if (!Object.hasOwn(requests, name)) continue
    const own = parseQuantity(requests[name]!)
    if (sum.compare(own) <= 0) continue
    const detail = `must be greater than or equal to aggregate container requests of ${sum}`
    errors.invalid(key(child(path, 'requests'), name), own.toString(), detail)
  }
  for (const [name, sum] of aggregateContainers(spec, 'limits')) {
    if (!isHugePages(name) || !Object.hasOwn(limits, name)) continue
    const own = parseQuantity(limits[name]!)
    if (sum.compare(own) <= 0) continue
    const detail = `must be greater than or equal to aggregate container limits of ${sum}`
    errors.invalid(key(child(path, 'limits'), name), own.toString(), detail)
  }
  spec.containers?.forEach((container, i) => {
    for (const [name, text] of Object.entries(container.resources?.limits ?? {})) {
      if (!Object.hasOwn(limits, name)) continue
      const own = parseQuantity(text)
      const pod = parseQuantity(limits[name]!)
      if (own.compare(pod) <= 0) continue
      const at = child(key(index(child(path, 'containers'), i), name), 'limits')
      errors.invalid(at, own.toString(), `must be less than or equal to pod limits of ${pod}`)
    }
  })
}
