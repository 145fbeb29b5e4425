import { child, dns1123Label, type FieldErrors, index, isPortName, isPortNumber } from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import { validatePullPolicy } from './pull-policy.js'
import { isSidecar } from './resource-lists.js'
import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from './types.js'
import { validateEnv, validateEnvFrom } from './validate-env.js'
import { validateMounts } from './validate-mounts.js'
import { validateProbes } from './validate-probes.js'
import { validateContainerResources } from './validate-resources.js'
import { validateInitRestartPolicy, validateRestartRules } from './validate-restart.js'
import { validateSecurityContext } from './validate-security.js'
import type { Volumes } from './validate-volumes.js'

/** What containers are judged against. */
export interface ContainerContext {
  readonly spec: PodSpec
  readonly volumes: Volumes
  /** Names of the pod's resource claims. */
  readonly claims: ReadonlySet<string>
  readonly options: PodValidationOptions
}

export function validateContainers(context: ContainerContext, path: string, errors: FieldErrors): void {
  const { spec, options } = context
  const { containers } = spec
  if (!containers?.length) {
    errors.required(path)
    return
  }
  const names = new Set<string>()
  containers.forEach((container, i) => {
    const at = index(path, i)
    validateContainer(container, context, at, errors)
    const { name = '', restartPolicy } = container
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    names.add(name)
    validateProbes(container, spec, at, errors)
    if (options.restartPolicyRules) validateRestartRules(container, at, errors, options)
    else if (restartPolicy !== undefined) {
      errors.forbidden(child(at, 'restartPolicy'), 'may not be set for non-init containers')
    }
  })
  validateHostPorts(containers, path, errors)
}

export function validateInitContainers(context: ContainerContext, path: string, errors: FieldErrors): void {
  const { spec, options } = context
  if (!spec.initContainers?.length) return
  const names = new Set<string>()
  for (const { name = '' } of spec.containers ?? []) names.add(name)
  spec.initContainers.forEach((container, i) => {
    const at = index(path, i)
    validateContainer(container, context, at, errors)
    validateInitRestartPolicy(container, at, errors, options)
    const { name = '', resizePolicy } = container
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    else if (name !== '') names.add(name)
    validateHostPorts([container], path, errors)
    if (isSidecar(container)) validateProbes(container, spec, at, errors)
    else {
      for (const field of sidecarFields) {
        if (!container[field]) continue
        errors.forbidden(child(at, field), 'may not be set for init containers without restartPolicy=Always')
      }
      if (!options.restartOfNonSidecarInitContainers) validateNoRestart(resizePolicy, child(at, 'resizePolicy'), errors)
    }
  })
}

const sidecarFields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function validateNoRestart(policies: readonly ContainerResizePolicy[] = [], path: string, errors: FieldErrors): void {
  policies.forEach(({ restartPolicy }, i) => {
    if (restartPolicy !== 'RestartContainer') return
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers"
    errors.invalid(child(index(path, i), 'restartPolicy'), restartPolicy, detail)
  })
}

/** What all kinds of containers have in common. Source: validateContainerCommon. */
export function validateContainer(
  container: Container,
  { spec, volumes, claims, options }: ContainerContext,
  path: string,
  errors: FieldErrors,
): void {
  const { name, image, terminationMessagePolicy, ports, env, envFrom, resources, resizePolicy, securityContext } =
    container
  if (!name) errors.required(child(path, 'name'))
  else dns1123Label(errors, child(path, 'name'), name)
  if (!image) errors.required(child(path, 'image'))
  if (!terminationMessagePolicy) errors.required(child(path, 'terminationMessagePolicy'))
  else if (!messagePolicies.includes(terminationMessagePolicy)) {
    errors.notSupportedInOrder(child(path, 'terminationMessagePolicy'), terminationMessagePolicy, messagePolicies)
  }
  if (ports?.length) validatePorts(ports, child(path, 'ports'), errors)
  if (env?.length) validateEnv(env, child(path, 'env'), errors, options)
  if (envFrom?.length) validateEnvFrom(envFrom, child(path, 'envFrom'), errors)
  validateMounts(container, volumes, path, errors)
  validatePullPolicy(container.imagePullPolicy, child(path, 'imagePullPolicy'), errors)
  if (resources) validateContainerResources(resources, claims, child(path, 'resources'), errors, options)
  if (resizePolicy?.length) validateResizePolicy(resizePolicy, spec.restartPolicy, child(path, 'resizePolicy'), errors)
  if (securityContext) {
    validateSecurityContext(securityContext, spec.hostUsers ?? true, child(path, 'securityContext'), errors, options)
  }
}

/** Pods only: templates have always taken padded images. */
export function validateImageText({ image = '' }: Container, path: string, errors: FieldErrors): void {
  if (image.trim() !== image)
    errors.invalid(child(path, 'image'), image, 'must not have leading or trailing whitespace')
}

const messagePolicies = ['File', 'FallbackToLogsOnError']
const protocols = ['SCTP', 'TCP', 'UDP']

function validatePorts(ports: readonly ContainerPort[], path: string, errors: FieldErrors): void {
  const names = new Set<string>()
  ports.forEach(({ name, containerPort, hostPort, protocol }, i) => {
    const at = index(path, i)
    if (name) {
      const wrong = isPortName(name)
      for (const text of wrong) errors.invalid(child(at, 'name'), name, text)
      if (wrong.length === 0 && names.has(name)) errors.duplicate(child(at, 'name'), name)
      if (wrong.length === 0) names.add(name)
    }
    if (!containerPort) errors.required(child(at, 'containerPort'))
    else
      for (const wrong of isPortNumber(containerPort)) errors.invalid(child(at, 'containerPort'), containerPort, wrong)
    if (hostPort) for (const wrong of isPortNumber(hostPort)) errors.invalid(child(at, 'hostPort'), hostPort, wrong)
    if (!protocol) errors.required(child(at, 'protocol'))
    else if (!protocols.includes(protocol)) errors.notSupported(child(at, 'protocol'), protocol, protocols)
  })
}

function validateHostPorts(containers: readonly Container[], path: string, errors: FieldErrors): void {
  let taken: Set<string> | undefined
  containers.forEach(({ ports }, i) => {
    ports?.forEach(({ hostPort, hostIP = '', protocol = '' }, j) => {
      if (!hostPort) return
      taken ??= new Set()
      const own = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(own)) errors.duplicate(child(index(child(index(path, i), 'ports'), j), 'hostPort'), own)
      taken.add(own)
    })
  })
}

const resizableResources = ['cpu', 'memory']
const resizePolicies = ['NotRequired', 'RestartContainer']

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  policies.forEach(({ resourceName = '', restartPolicy = '' }, i) => {
    if (seen.has(resourceName)) errors.duplicate(index(path, i), resourceName)
    seen.add(resourceName)
    if (resourceName === '') errors.required(path)
    else if (!resizableResources.includes(resourceName)) errors.notSupported(path, resourceName, resizableResources)
    if (restartPolicy === '') errors.required(path)
    else if (!resizePolicies.includes(restartPolicy)) errors.notSupported(path, restartPolicy, resizePolicies)
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
    }
  })
}
