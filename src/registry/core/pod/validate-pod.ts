import {
  asSent,
  child,
  copySent,
  type FieldErrors,
  index,
  type KubeObject,
  sortedMap,
  tolerations,
  validateObjectMeta,
} from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import { validateKubeFinalizers } from '../../kube-finalizers.js'
import type { PodValidationOptions } from './options.js'
import { semanticEqual } from './semantic-equal.js'
import type { Container, NodeAffinity, NodeSelectorTerm, PodSpec } from './types.js'
import { jsonDiff } from './unified-diff.js'
import { required } from './validate-affinity.js'
import {
  validatePodAnnotations,
  validatePodAnnotationUpdates,
  validateProfileAnnotations,
} from './validate-annotations.js'
import { validateImageText } from './validate-containers.js'
import { validatePodSpec } from './validate-spec.js'

/** A new pod, its object metadata aside. Source: ValidatePodCreate. */
export function validatePodCreate(pod: KubeObject, errors: FieldErrors, options: PodValidationOptions): void {
  const spec: PodSpec = pod.spec ?? {}
  validateAnnotationsAndSpec(pod, errors, options)
  if (spec.ephemeralContainers?.length) errors.forbidden('spec.ephemeralContainers', 'cannot be set on create')
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')
  }
  validateProfileAnnotations(pod.metadata.annotations, spec, 'spec', errors)
}

/** What upstream checks on every kind of update: validatePodMetadataAndSpec. */
export function validateMetadataAndSpec(pod: KubeObject, errors: FieldErrors, options: PodValidationOptions): void {
  validateObjectMeta(pod.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
  validateKubeFinalizers(pod.metadata, errors)
  validateAnnotationsAndSpec(pod, errors, options)
}

function validateAnnotationsAndSpec(
  { metadata, spec }: KubeObject,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const podSpec: PodSpec = spec ?? {}
  validatePodAnnotations(metadata.annotations, podSpec, 'metadata.annotations', errors, options)
  validatePodSpec(podSpec, metadata, 'spec', errors, options)
  if (!podSpec.serviceAccountName) validateNoTokens(podSpec, errors)
  validateImages(podSpec.containers, 'spec.containers', errors)
  validateImages(podSpec.initContainers, 'spec.initContainers', errors)
}

/** Source: ValidatePodUpdate. */
export function validatePodUpdate(
  pod: KubeObject,
  oldPod: KubeObject,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const spec: PodSpec = pod.spec ?? {}
  const old: PodSpec = oldPod.spec ?? {}
  validateMetadataAndSpec(pod, errors, options)
  validatePodAnnotationUpdates(pod.metadata, oldPod.metadata, spec, 'metadata.annotations', errors, options)
  if (!validateContainerUpdates(spec.containers ?? [], old.containers ?? [], 'spec.containers', errors)) return
  if (!validateContainerUpdates(spec.initContainers, old.initContainers, 'spec.initContainers', errors)) return
  if (!validateDeadlineUpdate(spec, old, errors)) return
  validateTolerationsUpdate(spec, old, errors, options)
  validateGatesUpdate(spec, old, errors)
  if (semanticEqual(spec, old, 'PodSpec')) return

  const munged = withUpdatableFieldsOf(spec, old)
  if (old.schedulingGates?.length) takeBackPlacement(munged, old, errors)
  if (semanticEqual(munged, old, 'PodSpec')) return
  const difference = jsonDiff(internalForm(old, 'core.v1.PodSpec'), internalForm(munged, 'core.v1.PodSpec'))
  errors.forbidden('spec', `pod updates may not change fields other than ${updatable}\n${difference}`)
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')
const maxInt32 = 2147483647

function validateNoTokens({ volumes }: PodSpec, errors: FieldErrors): void {
  volumes?.forEach(({ projected }, i) => {
    projected?.sources?.forEach(({ serviceAccountToken }, j) => {
      if (!serviceAccountToken) return
      const at = index(child(index('spec.volumes', i), 'projected.sources'), j)
      errors.forbidden(child(at, 'serviceAccountToken'), 'must not be specified when serviceAccountName is not set')
    })
  })
}

function validateImages(containers: readonly Container[] | null | undefined, path: string, errors: FieldErrors): void {
  containers?.forEach((container, i) => {
    validateImageText(container, index(path, i), errors)
  })
}

/** Whether to go on: with other containers nothing further can be compared. */
function validateContainerUpdates(
  containers: readonly Container[] = [],
  old: readonly Container[] = [],
  path: string,
  errors: FieldErrors,
): boolean {
  if (containers.length !== old.length) {
    errors.forbidden(path, 'pod updates may not add or remove containers')
    return false
  }
  containers.forEach((container, i) => {
    if (!container.image) errors.required(child(index(path, i), 'image'))
    validateImageText(container, index(path, i), errors)
  })
  return true
}

/** Whether to go on. */
function validateDeadlineUpdate(spec: PodSpec, old: PodSpec, errors: FieldErrors): boolean {
  const { activeDeadlineSeconds: deadline } = spec
  const before = old.activeDeadlineSeconds
  const path = 'spec.activeDeadlineSeconds'
  if (deadline === undefined) {
    if (before !== undefined) errors.invalid(path, undefined, 'must not update from a positive integer to nil value')
    return true
  }
  if (deadline < 0 || deadline > maxInt32) {
    errors.invalid(path, deadline, `must be between 0 and ${maxInt32}, inclusive`)
    return false
  }
  if (before === undefined || before >= deadline) return true
  errors.invalid(path, deadline, 'must be less than or equal to previous value')
  return false
}

/** Tolerations may be added, and how long they last may change. */
function validateTolerationsUpdate(
  { tolerations: now = [] }: PodSpec,
  { tolerations: before = [] }: PodSpec,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const kept = before.every((one) =>
    now.some((other) => {
      const same = { ...one }
      if (other.tolerationSeconds === undefined) delete same.tolerationSeconds
      else same.tolerationSeconds = other.tolerationSeconds
      return semanticEqual(same, other, 'Toleration')
    }),
  )
  if (kept) tolerations(errors, 'spec.tolerations', now, { comparisons: options.tolerationComparison })
  else errors.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')
}

function validateGatesUpdate({ schedulingGates: gates }: PodSpec, old: PodSpec, errors: FieldErrors): void {
  if (!gates?.length) return
  const before = new Set(old.schedulingGates?.map(({ name = '' }) => name))
  const positions = new Map(gates.map(({ name = '' }, i) => [name, i]))
  for (const [name, i] of positions) {
    if (before.has(name)) continue
    const at = child(index('spec.schedulingGates', i), 'name')
    errors.forbidden(at, `only deletion is allowed, but found new scheduling gate '${name}'`)
  }
}

/** The new spec with everything that may change put back. */
function withUpdatableFieldsOf(spec: PodSpec, old: PodSpec): PodSpec {
  const munged = copySent(spec)
  putBack(munged, old, 'activeDeadlineSeconds')
  putBack(munged, old, 'schedulingGates')
  putBack(munged, old, 'tolerations')
  for (const list of ['containers', 'initContainers'] as const) {
    munged[list]?.forEach((container, i) => {
      putBack(container, old[list]![i]!, 'image')
    })
  }
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) {
    putBack(munged, old, 'terminationGracePeriodSeconds')
  }
  return munged
}

function putBack<T extends object, K extends keyof T>(to: T, from: T, field: K): void {
  if (from[field] === undefined) delete to[field]
  else to[field] = from[field]
}

/** A gated pod may still be told where to go, more narrowly than before. */
function takeBackPlacement(munged: PodSpec, old: PodSpec, errors: FieldErrors): void {
  const { nodeSelector: selector } = munged
  if (!semanticEqual({ nodeSelector: selector }, { nodeSelector: old.nodeSelector }, 'PodSpec')) {
    for (const [name, value] of Object.entries(old.nodeSelector ?? {})) {
      if (selector !== undefined && Object.hasOwn(selector, name) && selector[name] === value) continue
      const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
      const told = asSent(munged, 'nodeSelector')
      errors.invalid('spec.nodeSelector', told && sortedMap(told), detail)
      break
    }
    putBack(munged, old, 'nodeSelector')
  }
  const before = old.affinity?.nodeAffinity
  const now = munged.affinity?.nodeAffinity
  if ((before === undefined && now === undefined) || semanticEqual(now, before, 'NodeAffinity')) return
  validateNodeAffinityUpdate(now, before, 'spec.affinity.nodeAffinity', errors)
  if (munged.affinity === undefined) munged.affinity = { nodeAffinity: before! }
  else if (old.affinity === undefined && !munged.affinity.podAffinity && !munged.affinity.podAntiAffinity) {
    delete munged.affinity
  } else if (before === undefined) delete munged.affinity.nodeAffinity
  else munged.affinity.nodeAffinity = before
}

function validateNodeAffinityUpdate(
  now: NodeAffinity | undefined,
  before: NodeAffinity | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const oldTerms = before?.[required]?.nodeSelectorTerms ?? []
  if (oldTerms.length === 0) return
  const terms = now?.[required]?.nodeSelectorTerms ?? undefined
  const at = child(path, `${required}.nodeSelectorTerms`)
  if (terms?.length !== oldTerms.length) {
    const told = terms?.map((term) => internalForm(term, 'core.v1.NodeSelectorTerm'))
    errors.invalid(at, told, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')
    return
  }
  oldTerms.forEach((old, i) => {
    const term = terms[i]!
    if (hasOnlyAdditions(term, old)) return
    const detail = 'only additions are allowed (no mutations or deletions)'
    errors.invalid(index(at, i), internalForm(term, 'core.v1.NodeSelectorTerm'), detail)
  })
}

/** An empty term matches nothing: adding to it would widen the choice. */
function hasOnlyAdditions(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const wasEmpty = !old.matchExpressions?.length && !old.matchFields?.length
  if (wasEmpty && (term.matchExpressions?.length || term.matchFields?.length)) return false
  return (['matchExpressions', 'matchFields'] as const).every((list) => {
    const before = old[list] ?? []
    return semanticEqual({ [list]: (term[list] ?? []).slice(0, before.length) }, { [list]: before }, 'NodeSelectorTerm')
  })
}
