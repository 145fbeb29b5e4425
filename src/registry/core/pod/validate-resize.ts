import { copyJson, type FieldErrors, index, type KubeObject } from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import { validateKubeFinalizers } from '../../kube-finalizers.js'
import { annotation, mirrorPod } from './annotations.js'
import type { PodValidationOptions } from './options.js'
import { computeQos, podQos } from './qos.js'
import { isSidecar } from './resource-lists.js'
import { semanticEqual } from './semantic-equal.js'
import type { Container, PodSpec, ResourceRequirements } from './types.js'
import { jsonDiff } from './unified-diff.js'
import { validatePodAnnotationUpdates } from './validate-annotations.js'
import { validateMetadataAndSpec } from './validate-pod.js'

/** Adding ephemeral containers. Source: ValidatePodEphemeralContainersUpdate. */
export function validateEphemeralContainersUpdate(
  pod: KubeObject,
  old: KubeObject,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  if (refused(old, 'static pods do not support ephemeral containers', errors)) return
  const spec: PodSpec = pod.spec ?? {}
  const oldSpec: PodSpec = old.spec ?? {}
  validateKubeFinalizers(pod.metadata, errors)
  validateMetadataAndSpec(pod, errors, options)
  validatePodAnnotationUpdates(pod.metadata, old.metadata, spec, 'metadata.annotations', errors, options)
  const path = 'spec.ephemeralContainers'
  for (const before of oldSpec.ephemeralContainers ?? []) {
    const name = JSON.stringify(before.name ?? '')
    const now = spec.ephemeralContainers?.findLast((one) => (one.name ?? '') === (before.name ?? ''))
    if (now === undefined) errors.forbidden(path, `existing ephemeral containers ${name} may not be removed\n`)
    else if (!semanticEqual(before, now, 'EphemeralContainer')) {
      const difference = jsonDiff(
        internalForm(before, 'core.v1.EphemeralContainer'),
        internalForm(now, 'core.v1.EphemeralContainer'),
      )
      errors.forbidden(path, `existing ephemeral containers ${name} may not be changed\n${difference}`)
    }
  }
}

/** Other cpu and memory for a pod's containers. `initContainers`: not of sidecars only. Source: ValidatePodResize. */
export function validatePodResize(
  pod: KubeObject,
  old: KubeObject,
  errors: FieldErrors,
  options: PodValidationOptions,
  initContainers: boolean,
): void {
  const spec: PodSpec = pod.spec ?? {}
  const oldSpec: PodSpec = old.spec ?? {}
  if (refused(old, 'static pods cannot be resized', errors)) return
  if (oldSpec.os?.name === 'windows') {
    dropAll(errors)
    errors.forbidden('[]', 'windows pods cannot be resized')
    return
  }
  validateKubeFinalizers(pod.metadata, errors)
  validateMetadataAndSpec(pod, errors, options)
  if (podQos(old) !== computeQos(spec)) {
    errors.invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing')
  }
  if (!supportsResize(old)) errors.forbidden('spec', 'Pod running on node without support for resize')
  const munged = copyJson(spec)
  if (hasResources(oldSpec) || hasResources(spec)) {
    if (!options.inPlacePodLevelResources) {
      const gate = 'InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled'
      errors.forbidden('[]', `resize of pods with pod-level resources is forbidden when ${gate}`)
      return
    }
    validatePodLevelResize(spec, oldSpec, munged, errors)
  }
  if (old.status?.nodeAllocatableResourceClaimStatuses?.length) {
    errors.forbidden('spec', 'pods with node allocatable resource claims cannot be resized')
  }
  if (!validateOrder(spec, oldSpec, errors)) return
  oldSpec.initContainers?.forEach((container, i) => {
    if (!initContainers && !isSidecar(container)) return
    validateNotRemoved(spec.initContainers![i]!.resources, container.resources, index('spec.initContainers', i), errors)
  })
  oldSpec.containers?.forEach((container, i) => {
    validateNotRemoved(spec.containers![i]!.resources, container.resources, index('spec.containers', i), errors)
  })
  munged.containers?.forEach((container, i) => {
    const before = oldSpec.containers![i]!
    putBackContainer(container, before)
    if (!semanticEqual(container, before, 'Container')) {
      errors.forbidden('spec', 'only cpu and memory resources are mutable')
    }
  })
  munged.initContainers?.forEach((container, i) => {
    validateInitContainer(
      container,
      oldSpec.initContainers![i]!,
      initContainers,
      index('spec.initContainers', i),
      errors,
    )
  })
  if (errors.empty && !semanticEqual(munged, oldSpec, 'PodSpec')) {
    errors.forbidden('spec', 'only cpu and memory resources are mutable')
  }
}

/** Static pods belong to their node: whatever else is wrong, only this is told. */
function refused(old: KubeObject, detail: string, errors: FieldErrors): boolean {
  if (annotation(old.metadata.annotations, mirrorPod) === undefined) return false
  dropAll(errors)
  errors.forbidden('[]', detail)
  return true
}

function dropAll(errors: FieldErrors): void {
  errors.list.length = 0
}

/** Whether the node tells resources of running containers. */
function supportsResize({ status }: KubeObject): boolean {
  for (const one of status?.containerStatuses ?? []) if (one.state?.running) return one.resources !== undefined
  return true
}

const hasResources = ({ resources }: PodSpec): boolean =>
  Object.keys(resources?.requests ?? {}).length > 0 || Object.keys(resources?.limits ?? {}).length > 0

function validatePodLevelResize(spec: PodSpec, old: PodSpec, munged: PodSpec, errors: FieldErrors): void {
  const path = 'spec.resources'
  if (old.resources && !spec.resources) {
    errors.forbidden(path, 'pod-level resources cannot be removed')
    return
  }
  if (old.resources) {
    if (isRemoved(spec.resources?.requests, old.resources.requests)) {
      errors.forbidden(`${path}.requests`, 'pod-level resource requests cannot be removed')
    }
    if (isRemoved(spec.resources?.limits, old.resources.limits)) {
      errors.forbidden(`${path}.limits`, 'pod-level resource limits cannot be removed')
    }
  }
  if (munged.resources) {
    const { claims } = munged.resources
    munged.resources = { ...(claims ? { claims } : {}), ...resourcesPutBack(munged.resources, old.resources) }
    if (!old.resources && !hasResources(munged) && !claims?.length) delete munged.resources
  }
  if (!semanticEqual({ resources: munged.resources }, { resources: old.resources }, 'PodSpec')) {
    errors.forbidden('spec', 'only cpu and memory resources are mutable at pod-level')
  }
}

/** Whether the containers are the same, so that they can be compared one by one. */
function validateOrder(spec: PodSpec, old: PodSpec, errors: FieldErrors): boolean {
  let same = true
  for (const list of ['containers', 'initContainers'] as const) {
    const now = spec[list] ?? []
    const before = old[list] ?? []
    if (now.length !== before.length) {
      errors.forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)
      same = false
      continue
    }
    before.forEach(({ name }, i) => {
      if (now[i]!.name === name) return
      errors.forbidden(`${index(`spec.${list}`, i)}.name`, `${list} may not be renamed or reordered on resize`)
      same = false
    })
  }
  return same
}

function validateNotRemoved(
  now: ResourceRequirements = {},
  before: ResourceRequirements = {},
  path: string,
  errors: FieldErrors,
): void {
  if (isRemoved(now.requests, before.requests)) {
    errors.forbidden(`${path}.resources.requests`, 'resource requests cannot be removed')
  }
  if (isRemoved(now.limits, before.limits)) {
    errors.forbidden(`${path}.resources.limits`, 'resource limits cannot be removed')
  }
}

function validateInitContainer(
  container: Container,
  before: Container,
  all: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const modified = !semanticEqual(container, before, 'Container')
  const sidecar = isSidecar(container)
  if (!sidecar && !all) {
    if (modified) errors.forbidden('spec', 'resources for non-sidecar init containers are immutable')
    return
  }
  putBackContainer(container, before)
  if (!semanticEqual(container, before, 'Container')) {
    errors.forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable')
  }
  if (!modified || sidecar) return
  for (const { restartPolicy } of container.resizePolicy ?? []) {
    if (restartPolicy !== 'RestartContainer') continue
    const detail = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
    errors.forbidden(path, detail)
  }
}

type Amounts = Readonly<Record<string, string>>

const isRemoved = (now: Amounts = {}, before: Amounts = {}): boolean =>
  Object.keys(before).length > Object.keys(now).length || Object.keys(before).some((name) => !Object.hasOwn(now, name))

/** In place, with the old cpu and memory; claims are left out, as upstream leaves them. */
function putBackContainer(container: Container, old: Container): void {
  container.resources = resourcesPutBack(container.resources ?? {}, old.resources)
}

const resourcesPutBack = (now: ResourceRequirements, old: ResourceRequirements = {}): ResourceRequirements => ({
  limits: amountsPutBack(now.limits, old.limits),
  requests: amountsPutBack(now.requests, old.requests),
})

function amountsPutBack(now: Amounts = {}, old: Amounts = {}): Record<string, string> {
  const { cpu: _cpu, memory: _memory, ...others } = now
  const { cpu, memory } = old
  return { ...others, ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) }
}
