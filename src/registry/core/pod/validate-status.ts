import {
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  index,
  isNativeResource,
  type KubeObject,
  key,
  legacyIpAddress,
  parseIp,
  parseQuantity,
  qualifiedName,
} from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import type { PodValidationOptions } from './options.js'
import type { PodExtendedResourceClaimStatus, PodStatus } from './status-types.js'
import type { PodSpec } from './types.js'
import { validatePodAnnotationUpdates } from './validate-annotations.js'
import { validateContainerStatuses } from './validate-container-statuses.js'

/** A new status. `bound`: nominations of bound pods are refused. Source: ValidatePodStatusUpdate. */
export function validatePodStatusUpdate(
  pod: KubeObject,
  oldPod: KubeObject,
  errors: FieldErrors,
  options: PodValidationOptions,
  refuseNominationOfBound: boolean,
): void {
  const spec: PodSpec = pod.spec ?? {}
  const oldSpec: PodSpec = oldPod.spec ?? {}
  const status: PodStatus = pod.status ?? {}
  const old: PodStatus = oldPod.status ?? {}
  validatePodAnnotationUpdates(pod.metadata, oldPod.metadata, spec, 'metadata.annotations', errors, options)
  validateConditions(status, errors)
  if ((spec.nodeName ?? '') !== (oldSpec.nodeName ?? '')) {
    errors.forbidden('status.nodeName', 'may not be changed directly')
  }
  validateNomination(status, old, refuseNominationOfBound && Boolean(oldSpec.nodeName), errors)
  if ((status.observedGeneration ?? 0) < 0) {
    errors.invalid('status.observedGeneration', status.observedGeneration, 'must be a non-negative integer')
  }
  if ((status.qosClass ?? '') !== (old.qosClass ?? '')) {
    errors.invalid('status.qosClass', status.qosClass ?? '', 'field is immutable')
  }
  validateContainerStatuses(status, old, spec, oldSpec, errors, options, () => {
    validateClaimStatuses(status, spec, errors)
    if (status.extendedResourceClaimStatus) {
      validateExtendedClaim(status.extendedResourceClaimStatus, spec, 'status.extendedResourceClaimStatus', errors)
    }
    validateNodeAllocatableClaims(status, spec, 'status.nodeAllocatableResourceClaimStatuses', errors)
    validateIps('podIPs', status, old, errors, options)
    const first = status.hostIPs?.[0]
    if (first && (status.hostIP ?? '') !== (first.ip ?? '')) {
      errors.invalid('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`')
    }
    validateIps('hostIPs', status, old, errors, options)
  })
}

const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized'])

function validateConditions({ conditions }: PodStatus, errors: FieldErrors): void {
  conditions?.forEach(({ type = '', observedGeneration = 0 }, i) => {
    const at = index('status.conditions', i)
    if (observedGeneration < 0) {
      errors.invalid(child(at, 'observedGeneration'), observedGeneration, 'must be a non-negative integer')
    }
    if (!systemConditions.has(type)) qualifiedName(errors, child(at, 'Type'), type)
  })
}

function validateNomination(status: PodStatus, old: PodStatus, bound: boolean, errors: FieldErrors): void {
  const { nominatedNodeName: node } = status
  if (!node || node === old.nominatedNodeName) return
  dns1123Subdomain(errors, 'status.nominatedNodeName', node)
  if (bound) errors.forbidden('status.nominatedNodeName', 'may not be set on pods that are already bound to a node')
}

function validateClaimStatuses({ resourceClaimStatuses }: PodStatus, spec: PodSpec, errors: FieldErrors): void {
  const seen = new Set<string>()
  resourceClaimStatuses?.forEach(({ name = '', resourceClaimName }, i) => {
    const at = index('status.resourceClaimStatuses', i)
    if (!spec.resourceClaims?.some((claim) => (claim.name ?? '') === name)) {
      errors.invalid(child(at, 'name'), name, 'must match the name of an entry in `spec.resourceClaims`')
    }
    if (seen.has(name)) errors.duplicate(child(at, 'name'), name)
    seen.add(name)
    if (resourceClaimName !== undefined) dns1123Subdomain(errors, child(at, 'resourceClaimName'), resourceClaimName)
  })
}

function validateExtendedClaim(
  { requestMappings, resourceClaimName }: PodExtendedResourceClaimStatus,
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
): void {
  const containers = new Map([...(spec.initContainers ?? []), ...(spec.containers ?? [])].map((one) => [one.name, one]))
  const mappings = child(path, 'requestMappings')
  if (!requestMappings?.length) errors.required(mappings, 'at least one request mapping is required')
  const seen = new Set<string>()
  requestMappings?.forEach(({ containerName = '', resourceName = '', requestName = '' }, i) => {
    const at = index(mappings, i)
    const container = containers.get(containerName)
    if (container === undefined) {
      const detail = 'must match the name of an entry in spec.initContainers.name or spec.containers.name'
      errors.invalid(child(at, 'containerName'), containerName, detail)
    } else if (!Object.hasOwn(container.resources?.requests ?? {}, resourceName)) {
      const detail =
        'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests'
      errors.invalid(child(at, 'resourceName'), resourceName, detail)
    }
    dns1123Label(errors, child(path, 'requestName'), requestName)
    const own = JSON.stringify([containerName, resourceName, requestName])
    if (seen.has(own)) {
      errors.duplicate(child(at, 'containerName'), containerName)
      errors.duplicate(child(at, 'resourceName'), resourceName)
      errors.duplicate(child(at, 'requestName'), requestName)
    }
    seen.add(own)
  })
  if (!resourceClaimName) errors.required(child(path, 'resourceClaimName'))
  else dns1123Subdomain(errors, child(path, 'resourceClaimName'), resourceClaimName)
}

function validateNodeAllocatableClaims(status: PodStatus, spec: PodSpec, path: string, errors: FieldErrors): void {
  status.nodeAllocatableResourceClaimStatuses?.forEach(({ resourceClaimName = '', containers, resources }, i) => {
    const at = index(path, i)
    if (resourceClaimName === '') errors.required(child(at, 'resourceClaimName'), 'must not be empty')
    const known = [...(spec.resourceClaims ?? []), ...(status.resourceClaimStatuses ?? [])]
    if (!known.some((claim) => claim.resourceClaimName === resourceClaimName)) {
      errors.invalid(child(at, 'resourceClaimName'), resourceClaimName, 'no mapping found in pod reference')
    }
    if (!containers?.length) errors.required(child(at, 'containers'), 'must not be empty')
    const entries = Object.entries(resources ?? {})
    if (entries.length === 0) errors.required(child(at, 'resources'), 'must not be empty')
    for (const [name, text] of entries) {
      const own = key(child(at, 'resources'), name)
      if (!isNativeResource(name)) errors.invalid(own, name, 'must be a node allocatable resource name')
      if (parseQuantity(text).sign < 0) errors.invalid(own, text, 'must be non-negative')
    }
  })
}

/** At most one address of each family. */
function validateIps(
  field: 'podIPs' | 'hostIPs',
  status: PodStatus,
  before: PodStatus,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const path = child('status', field)
  const entries = status[field] ?? []
  const ips = entries.map(({ ip = '' }) => ip)
  const old = before[field]?.map(({ ip = '' }) => ip) ?? []
  ips.forEach((ip, i) => {
    legacyIpAddress(errors, index(path, i), ip, { strict: options.strictIp, old })
  })
  if (ips.length < 2) return
  const families = ips.map((ip) => parseIp(ip)?.family)
  const wrong = families.indexOf(undefined)
  if (wrong >= 0) {
    errors.internal(path, `failed to check for dual stack with error:invalid IP[${wrong}]: ${ips[wrong]}`)
  }
  if (wrong >= 0 || ips.length > 2 || families[0] === families[1]) {
    const told = entries.map((entry) => internalForm(entry, field === 'podIPs' ? 'core.v1.PodIP' : 'core.v1.HostIP'))
    errors.invalid(path, told, 'may specify no more than one IP for each IP family')
  }
}
