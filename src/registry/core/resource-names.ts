import {
  type FieldErrors,
  isExtendedResource,
  isHugePages,
  isNativeResource,
  isQualifiedName,
  parseQuantity,
  type Quantity,
} from '../../api/index.js'

/** The names of resources, of their amounts in quotas, and of what limits apply to. Source: pkg/apis/core/helper. */

const isHugePagesAmount = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-')

const compute = ['cpu', 'memory', 'ephemeral-storage']
const requested = ['requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'requests.storage']
const limited = ['limits.cpu', 'limits.memory', 'limits.ephemeral-storage']
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const standardQuota: ReadonlySet<string> = new Set([...compute, ...requested, ...limited, ...counted])
const standard: ReadonlySet<string> = new Set([...standardQuota, 'storage'])
const integers: ReadonlySet<string> = new Set(counted)

export const isStandardQuotaResource = (name: string): boolean => standardQuota.has(name) || isHugePagesAmount(name)

export function validateResourceName(name: string, path: string, errors: FieldErrors): boolean {
  const wrong = isQualifiedName(name)
  for (const text of wrong) errors.invalid(path, name, text)
  if (wrong.length > 0) return false
  if (name.includes('/') || standard.has(name) || isHugePagesAmount(name)) return true
  errors.invalid(path, name, 'must be a standard resource type or fully qualified')
  return false
}

export function validateQuotaResourceName(name: string, path: string, errors: FieldErrors): void {
  validateResourceName(name, path, errors)
  if (!name.includes('/') && !isStandardQuotaResource(name)) {
    errors.invalid(path, name, 'must be a standard resource for quota')
  }
}

/** What containers may ask for. */
export function validateContainerResourceName(name: string, path: string, errors: FieldErrors): void {
  if (compute.includes(name)) return
  validateResourceName(name, path, errors)
  if (!name.includes('/')) {
    if (!isHugePages(name)) errors.invalid(path, name, 'must be a standard resource for containers')
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.invalid(path, name, "doesn't follow extended resource name standard")
  }
}

/** An amount: not negative, and whole for what is counted. */
export function validateResourceAmount(
  name: string,
  amount: string | Quantity,
  path: string,
  errors: FieldErrors,
): void {
  const quantity = typeof amount === 'string' ? parseQuantity(amount) : amount
  if (quantity.sign < 0) errors.invalid(path, quantity.toString(), 'must be greater than or equal to 0')
  const whole = integers.has(name) || isExtendedResource(name)
  if (whole && !quantity.isWhole) errors.invalid(path, quantity.toString(), 'must be an integer')
}
