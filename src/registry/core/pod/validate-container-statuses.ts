import { child, type FieldErrors, index, inRange } from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import { isSidecar } from './resource-lists.js'
import type { ContainerStatus, PodStatus, ResourceStatus } from './status-types.js'
import type { Container, PodSpec } from './types.js'

/** `between` validates what upstream checks between the states of containers and the rest of their status. */
export function validateContainerStatuses(
  status: PodStatus,
  old: PodStatus,
  spec: PodSpec,
  oldSpec: PodSpec,
  errors: FieldErrors,
  options: PodValidationOptions,
  between: () => void,
): void {
  const restarts = (list: 'containers' | 'initContainers') => (name: string, exitCode: number) =>
    mayRestart(name, exitCode, oldSpec, list, options)
  const anyMayRestart = options.restartPolicyRules ? restartsAll(oldSpec, options) : oldSpec.restartPolicy === 'Always'
  if (!anyMayRestart) {
    validateTransitions('containerStatuses', status, old, restarts('containers'), errors)
    validateTransitions('initContainerStatuses', status, old, restarts('initContainers'), errors)
  }
  validateTransitions('ephemeralContainerStatuses', status, old, () => false, errors)
  between()
  for (const list of lists) validateUsers(status[list] ?? [], spec.os?.name ?? 'linux', child('status', list), errors)
  validateResources(status.containerStatuses ?? [], spec.containers ?? [], 'status.containerStatuses', errors)
  validateResources(
    status.initContainerStatuses ?? [],
    spec.initContainers ?? [],
    'status.initContainerStatuses',
    errors,
  )
  status.ephemeralContainerStatuses?.forEach(({ allocatedResourcesStatus }, i) => {
    if (!allocatedResourcesStatus?.length) return
    const at = child(index('status.ephemeralContainerStatuses', i), 'allocatedResourcesStatus')
    errors.forbidden(at, 'must not be specified in container status')
  })
  if (options.imageVolumeWithDigest)
    for (const list of lists) validateVolumeStatuses(status[list], child('status', list), errors)
}

const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

/** A container that has ended may only run again where its restart policy says so. */
function validateTransitions(
  list: (typeof lists)[number],
  status: PodStatus,
  old: PodStatus,
  mayRestart: (name: string, exitCode: number) => boolean,
  errors: FieldErrors,
): void {
  old[list]?.forEach(({ name = '', state }, i) => {
    if (!state?.terminated) return
    const now = status[list]?.find((one) => (one.name ?? '') === name && !one.state?.terminated)
    if (now === undefined || mayRestart(name, state.terminated.exitCode ?? 0)) return
    errors.forbidden(child(index(child('status', list), i), 'state'), 'may not be transitioned to non-terminated state')
  })
}

const restartsAll = ({ initContainers = [], containers }: PodSpec, options: PodValidationOptions): boolean =>
  options.restartAllContainers &&
  [...initContainers, ...(containers ?? [])].some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  )

/** Source: pkg/api/v1/pod, ContainerShouldRestart. */
function mayRestart(
  name: string,
  exitCode: number,
  spec: PodSpec,
  list: 'containers' | 'initContainers',
  options: PodValidationOptions,
): boolean {
  const container = spec[list]?.find((one) => (one.name ?? '') === name)
  if (!options.restartPolicyRules) {
    const sidecar = list === 'initContainers' && container !== undefined && isSidecar(container)
    return sidecar || (exitCode !== 0 && spec.restartPolicy === 'OnFailure')
  }
  if (container === undefined) return false
  if (container.restartPolicy !== undefined && restartRuleApplies(container, exitCode, options)) return true
  switch (container.restartPolicy ?? spec.restartPolicy) {
    case 'Never':
      return false
    case 'OnFailure':
      return exitCode !== 0
    default:
      return true
  }
}

/** The first rule that matches decides; rules of an unknown kind are as none. */
function restartRuleApplies(container: Container, exitCode: number, options: PodValidationOptions): boolean {
  const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes?.operator === 'In' ? listed : exitCodes?.operator === 'NotIn' && !listed
  })
  return rule?.action === 'Restart' || (rule?.action === 'RestartAllContainers' && options.restartAllContainers)
}

const maxId = 2147483647

function validateUsers(statuses: readonly ContainerStatus[], os: string, path: string, errors: FieldErrors): void {
  statuses.forEach(({ user }, i) => {
    if (!user?.linux) return
    const at = child(index(path, i), 'user.linux')
    if (os === 'windows') errors.forbidden(at, 'cannot be set for a windows pod')
    else if (os === 'linux') {
      inRange(errors, child(at, 'uid'), user.linux.uid ?? 0, 0, maxId)
      inRange(errors, child(at, 'gid'), user.linux.gid ?? 0, 0, maxId)
      user.linux.supplementalGroups?.forEach((group, j) => {
        inRange(errors, index(child(at, 'supplementalGroups'), j), group, 0, maxId)
      })
    }
  })
}

function validateResources(
  statuses: readonly ContainerStatus[],
  containers: readonly Container[],
  path: string,
  errors: FieldErrors,
): void {
  statuses.forEach(({ name = '', allocatedResourcesStatus }, i) => {
    const container = containers.find((one) => (one.name ?? '') === name)
    allocatedResourcesStatus?.forEach((resource, j) => {
      const at = index(child(index(path, i), 'allocatedResourcesStatus'), j)
      if (container !== undefined) validateResourceOf(container, resource.name ?? '', child(at, 'name'), errors)
      validateHealth(resource, child(at, 'resources'), errors)
    })
  })
}

function validateResourceOf({ resources }: Container, name: string, path: string, errors: FieldErrors): void {
  if (name.startsWith('claim:')) {
    const claims = (resources?.claims ?? []).map(
      (claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`,
    )
    if (claims.includes(name)) return
    const detail =
      "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
    errors.invalid(path, name, detail)
  } else if (!Object.hasOwn(resources?.requests ?? {}, name)) {
    errors.invalid(path, name, "must match one of the container's resource requests")
  }
}

const healths = ['Healthy', 'Unhealthy', 'Unknown']
const maxMessage = 1024

function validateHealth({ resources }: ResourceStatus, path: string, errors: FieldErrors): void {
  const seen = new Set<string>()
  resources?.forEach(({ resourceID = '', health = '', message }, i) => {
    const at = index(path, i)
    if (!healths.includes(health)) errors.notSupported(child(at, 'health'), health, healths)
    if (message === '') errors.required(child(at, 'message'), 'must be non-empty if specified')
    else if (message !== undefined && Buffer.byteLength(message) > maxMessage) {
      errors.tooLong(child(at, 'message'), maxMessage)
    }
    if (seen.has(resourceID)) errors.duplicate(child(at, 'resourceID'), resourceID)
    seen.add(resourceID)
  })
}

const maxImageRef = 256

function validateVolumeStatuses(
  statuses: readonly ContainerStatus[] | undefined,
  path: string,
  errors: FieldErrors,
): void {
  statuses?.forEach(({ volumeMounts }, i) => {
    volumeMounts?.forEach(({ volumeStatus }, j) => {
      if (!volumeStatus?.image) return
      const { imageRef = '' } = volumeStatus.image
      const at = child(index(child(index(path, i), 'volumeMounts'), j), 'volumeStatus.imageVolumeStatus.imageRef')
      if (imageRef === '') errors.required(at, 'imageRef must not be empty')
      if (Buffer.byteLength(imageRef) > maxImageRef) errors.tooLong(at, maxImageRef)
    })
  })
}
