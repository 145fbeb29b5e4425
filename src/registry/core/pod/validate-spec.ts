import {
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  index,
  type ObjectMeta,
  qualifiedName,
  tolerations,
  validateLabels,
} from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import { annotation, mirrorPod } from './annotations.js'
import { forEachContainer } from './containers.js'
import type { PodValidationOptions } from './options.js'
import type { PodResourceClaim, PodSpec } from './types.js'
import { validateAffinity } from './validate-affinity.js'
import { type ContainerContext, validateContainers, validateInitContainers } from './validate-containers.js'
import { validateDnsConfig, validateHostAliases } from './validate-dns.js'
import { validateEphemeralContainers } from './validate-ephemeral.js'
import { validateOs } from './validate-os.js'
import { validateContainerResources, validatePodLevelResources } from './validate-resources.js'
import { validatePodSecurityContext } from './validate-security.js'
import { validateTopologySpread } from './validate-topology.js'
import { validateVolumes } from './validate-volumes.js'
import { validateHostProcess } from './validate-windows.js'

/** `meta` is that of a pod; absent for a template. Source: ValidatePodSpec. */
export function validatePodSpec(
  spec: PodSpec,
  meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const at = (field: string): string => child(path, field)
  if (spec.terminationGracePeriodSeconds === undefined) errors.required(at('terminationGracePeriodSeconds'))
  const volumes = validateVolumes(spec.volumes, meta, at('volumes'), errors, options)
  const claims = validateClaims(spec.resourceClaims, meta, at('resourceClaims'), errors)
  const context: ContainerContext = { spec, volumes, claims, options }
  validateContainers(context, at('containers'), errors)
  validateInitContainers(context, at('initContainers'), errors)
  validateEphemeralContainers(context, at('ephemeralContainers'), errors)
  if (options.podLevelResources) validatePodLevelResources(spec, claims, path, errors, options)
  if (spec.hostNetwork) validateHostNetworkPorts(spec, at('containers'), errors, options)
  requiredOneOf(spec.restartPolicy, restartPolicies, at('restartPolicy'), errors)
  requiredOneOf(spec.dnsPolicy, dnsPolicies, at('dnsPolicy'), errors)
  if (spec.nodeSelector) validateLabels(spec.nodeSelector, at('nodeSelector'), errors)
  validatePodSecurityContext(spec, at('securityContext'), errors, options)
  if (spec.affinity) validateAffinity(spec.affinity, at('affinity'), errors, options)
  validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, at('dnsConfig'), errors, options)
  spec.readinessGates?.forEach(({ conditionType }, i) => {
    qualifiedName(errors, child(index(at('readinessGates'), i), 'conditionType'), conditionType)
  })
  validateSchedulingGates(spec, at('schedulingGates'), errors)
  if (spec.topologySpreadConstraints?.length) {
    validateTopologySpread(spec.topologySpreadConstraints, at('topologySpreadConstraints'), errors, options)
  }
  validateHostProcess(spec, path, errors, options)
  if (spec.hostUsers === false) validateOwnUsers(spec, path, errors, options)
  if (spec.hostnameOverride !== undefined) validateHostnameOverride(spec, at('hostnameOverride'), errors)
  validateNames(spec, path, errors, options)
  if (spec.overhead) validateContainerResources({ limits: spec.overhead }, noClaims, at('overhead'), errors, options)
  validateOs(spec, path, errors)
  if (spec.schedulingGroup) validateSchedulingGroup(spec.schedulingGroup.podGroupName, at('schedulingGroup'), errors)
  validateFileKeyVolumes(spec, path, errors)
}

const maxInt32 = 2147483647
const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const preemptionPolicies = ['PreemptLowerPriority', 'Never']
const noClaims: ReadonlySet<string> = new Set()

/** Names and small values, and what upstream checks between them. */
function validateNames(spec: PodSpec, path: string, errors: FieldErrors, options: PodValidationOptions): void {
  const at = (field: string): string => child(path, field)
  const { activeDeadlineSeconds: deadline } = spec
  if (spec.serviceAccountName) dns1123Subdomain(errors, at('serviceAccountName'), spec.serviceAccountName)
  if (spec.nodeName) dns1123Subdomain(errors, at('nodeName'), spec.nodeName)
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.invalid(at('activeDeadlineSeconds'), deadline, `must be between 1 and ${maxInt32}, inclusive`)
  }
  if (spec.hostname) dns1123Label(errors, at('hostname'), spec.hostname)
  if (spec.subdomain) dns1123Label(errors, at('subdomain'), spec.subdomain)
  if (spec.tolerations?.length) {
    tolerations(errors, at('tolerations'), spec.tolerations, { comparisons: options.tolerationComparison })
  }
  if (spec.hostAliases?.length) validateHostAliases(spec.hostAliases, at('hostAliases'), errors, options)
  if (spec.priorityClassName) dns1123Subdomain(errors, at('priorityClassName'), spec.priorityClassName)
  if (spec.runtimeClassName !== undefined) dns1123Subdomain(errors, at('runtimeClassName'), spec.runtimeClassName)
  if (spec.preemptionPolicy !== undefined) {
    requiredOneOf(spec.preemptionPolicy, preemptionPolicies, at('preemptionPolicy'), errors)
  }
}

function requiredOneOf(value: string | undefined, values: readonly string[], path: string, errors: FieldErrors): void {
  if (!value) errors.required(path)
  else if (!values.includes(value)) errors.notSupportedInOrder(path, value, values)
}

/** The names of the claims. */
function validateClaims(
  claims: readonly PodResourceClaim[] | undefined,
  meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
): ReadonlySet<string> {
  if (!claims?.length) return noClaims
  const seen = new Set<string>()
  const mirror = annotation(meta?.annotations, mirrorPod) !== undefined
  claims.forEach((claim, i) => {
    const at = index(path, i)
    const { name = '', resourceClaimName: claimName, resourceClaimTemplateName: templateName } = claim
    if (mirror) errors.forbidden('[]', 'static pods do not support resource claims')
    else {
      if (name === '') errors.required(child(at, 'name'))
      else if (seen.has(name)) errors.duplicate(child(at, 'name'), name)
      else dns1123Label(errors, child(at, 'name'), name)
      if (claimName !== undefined && templateName !== undefined) {
        const detail = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
        errors.invalid(at, internalForm(claim, 'core.v1.PodResourceClaim'), detail)
      }
      if (claimName === undefined && templateName === undefined) {
        const detail = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'
        errors.invalid(at, internalForm(claim, 'core.v1.PodResourceClaim'), detail)
      }
      if (claimName !== undefined) dns1123Subdomain(errors, child(at, 'resourceClaimName'), claimName)
      if (templateName !== undefined) dns1123Subdomain(errors, child(at, 'resourceClaimTemplateName'), templateName)
    }
    if (name !== '') seen.add(name)
  })
  return seen
}

/** On the host's network a container port is a host port. */
function validateHostNetworkPorts(
  spec: PodSpec,
  path: string,
  errors: FieldErrors,
  { isPod }: PodValidationOptions,
): void {
  spec.containers?.forEach(({ ports }, i) => {
    ports?.forEach(({ hostPort = 0, containerPort = 0 }, j) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return
      const at = child(index(child(index(path, i), 'ports'), j), 'hostPort')
      errors.invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true')
    })
  })
}

function validateSchedulingGates({ schedulingGates }: PodSpec, path: string, errors: FieldErrors): void {
  if (!schedulingGates?.length) return
  const seen = new Set<string>()
  schedulingGates.forEach(({ name = '' }, i) => {
    qualifiedName(errors, index(path, i), name)
    if (seen.has(name)) errors.duplicate(index(path, i), name)
    seen.add(name)
  })
}

/** A user namespace of the pod's own. Source: validateHostUsers. */
function validateOwnUsers(spec: PodSpec, path: string, errors: FieldErrors, options: PodValidationOptions): void {
  const detail = 'when `hostUsers` is false'
  if (spec.hostNetwork && !options.userNamespacesWithHostNetwork) errors.forbidden(child(path, 'hostNetwork'), detail)
  if (spec.hostPID) errors.forbidden(child(path, 'HostPID'), detail)
  if (spec.hostIPC) errors.forbidden(child(path, 'HostIPC'), detail)
  if (options.userNamespacesWithVolumeDevices) return
  forEachContainer(spec, path, ({ volumeDevices }, at) => {
    if (volumeDevices?.length) errors.forbidden(child(at, 'volumeDevices'), detail)
  })
}

const maxHostname = 64

function validateHostnameOverride(spec: PodSpec, path: string, errors: FieldErrors): void {
  const { hostnameOverride = '', setHostnameAsFQDN, hostNetwork } = spec
  if (setHostnameAsFQDN) errors.forbidden(path, 'may not be specified when setHostnameAsFQDN is true')
  if (hostNetwork) errors.forbidden(path, 'may not be specified when hostNetwork is true')
  if (Buffer.byteLength(hostnameOverride) > maxHostname) errors.tooLong(path, maxHostname)
  dns1123Subdomain(errors, path, hostnameOverride)
}

function validateSchedulingGroup(name: string | undefined, path: string, errors: FieldErrors): void {
  const at = child(path, 'podGroupName')
  if (name === undefined) errors.invalid(at, undefined, 'must specify one of: `podGroupName`')
  else dns1123Subdomain(errors, at, name)
}

/** Files that environment variables are read from lie in empty directories. */
function validateFileKeyVolumes(spec: PodSpec, path: string, errors: FieldErrors): void {
  forEachContainer(spec, path, ({ env }, at) => {
    env?.forEach(({ valueFrom }, i) => {
      if (!valueFrom?.fileKeyRef) return
      const { volumeName = '' } = valueFrom.fileKeyRef
      const volumePath = child(index(child(at, 'env'), i), 'valueFrom.fileKeyRef.volumeName')
      const volume = spec.volumes?.findLast(({ name = '' }) => name === volumeName)
      if (volume === undefined) errors.notFound(volumePath, volumeName)
      else if (!volume.emptyDir) errors.invalid(volumePath, volumeName, 'referenced volume must be of type emptyDir')
    })
  })
}
