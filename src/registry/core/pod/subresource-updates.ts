import type { FieldErrors, KubeObject } from '../../../api/index.js'
import type { RuleContext } from '../../rules.js'
import { keepMetadata } from '../../status-metadata.js'
import { dropDisabledPodFields } from './disabled-fields.js'
import { countGeneration } from './prepare.js'
import { podOptions } from './ratcheting.js'
import type { Container, PodSpec } from './types.js'
import { validateEphemeralContainersUpdate, validatePodResize } from './validate-resize.js'

/** How updates of pods/ephemeralcontainers are treated: only those containers change. */
export const ephemeralContainersUpdate = {
  prepare(pod: KubeObject, old: KubeObject, context: RuleContext): void {
    const { ephemeralContainers }: PodSpec = pod.spec ?? {}
    const spec: PodSpec = { ...old.spec }
    if (ephemeralContainers === undefined) delete spec.ephemeralContainers
    else spec.ephemeralContainers = ephemeralContainers
    takeAllBut(pod, old, spec)
    dropDisabledPodFields(pod, old, context)
    countGeneration(pod, old)
  },
  validate(pod: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void {
    validateEphemeralContainersUpdate(pod, old, errors, podOptions(old, context))
  },
}

/** How updates of pods/resize are treated: only resources change. Source: the resize strategy. */
export const resizeUpdate = {
  prepare(pod: KubeObject, old: KubeObject, context: RuleContext): void {
    const wanted: PodSpec = pod.spec ?? {}
    const before: PodSpec = old.spec ?? {}
    const same =
      (wanted.containers ?? []).length === (before.containers ?? []).length &&
      (wanted.initContainers ?? []).length === (before.initContainers ?? []).length
    // Containers that cannot be told apart are for validation to refuse.
    if (same) takeAllBut(pod, old, resized(wanted, before, context))
    dropDisabledPodFields(pod, old, context)
    countGeneration(pod, old)
  },
  validate(pod: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void {
    const initContainers = context.enabled('InPlacePodVerticalScalingInitContainers')
    validatePodResize(pod, old, errors, podOptions(old, context), initContainers)
  },
}

function resized(wanted: PodSpec, before: PodSpec, { enabled }: RuleContext): PodSpec {
  const spec: PodSpec = { ...before }
  if (enabled('InPlacePodLevelResourcesVerticalScaling')) {
    if (wanted.resources === undefined) delete spec.resources
    else spec.resources = wanted.resources
  }
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = wanted[list]
    if (containers?.length) spec[list] = resizedContainers(containers, before[list] ?? [])
  }
  return spec
}

/** The old containers with the new resources; the new ones as they are where names or order differ. */
function resizedContainers(containers: Container[], old: readonly Container[]): Container[] {
  if (containers.some(({ name }, i) => name !== old[i]?.name)) return containers
  return containers.map(({ resources, resizePolicy }, i) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = old[i]!
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    }
  })
}

function takeAllBut(pod: KubeObject, old: KubeObject, spec: PodSpec): void {
  pod.spec = spec
  if (old.status === undefined) delete pod.status
  else pod.status = old.status
  keepMetadata(pod.metadata, old.metadata)
}
