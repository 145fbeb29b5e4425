import { child, copyJson, type FieldErrors, immutable, type KubeObject } from '../../api/index.js'
import type { PodSpec, PodTemplateSpec } from '../core/pod/index.js'
import { semanticEqual } from '../core/pod/semantic-equal.js'
import { internalForm } from '../internal-form.js'
import type { RuleContext } from '../rules.js'
import { isTrue } from './job-status.js'
import { isIndexed, type JobSpec } from './job-types.js'

/** What of a job may change, besides `validateJobSpec`. Source: ValidateJobSpecUpdate. */
export function validateJobChange(job: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void {
  const spec: JobSpec = job.spec ?? {}
  const before: JobSpec = old.spec ?? {}
  validateCompletions(spec, before, errors)
  immutable(errors, 'spec.selector', spec.selector, before.selector)
  validateTemplateChange(spec, before, templateFreedom(old, context), 'spec', errors)
  for (const field of fixed) immutable(errors, child('spec', field), spec[field], before[field])
}

const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const

/** Indexed jobs may be scaled, completions and parallelism together. */
function validateCompletions(spec: JobSpec, old: JobSpec, errors: FieldErrors): void {
  const path = 'spec.completions'
  if (!isIndexed(spec)) {
    immutable(errors, path, spec.completions, old.completions)
    return
  }
  if (spec.completions === old.completions || spec.completions === undefined) return
  if (spec.completions !== spec.parallelism)
    errors.invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')
}

interface TemplateFreedom {
  readonly suspended: boolean
  /** Where pods may run, and the template's labels and annotations. */
  readonly scheduling: boolean
  /** Resources of containers. */
  readonly resources: boolean
}

/** A suspended job that has no pods may still be told where and with how much its pods are to run. */
function templateFreedom({ spec = {}, status = {} }: KubeObject, { enabled }: RuleContext): TemplateFreedom {
  const suspended = spec.suspend === true
  const idle = status.startTime === undefined || isTrue(status, 'Suspended')
  const free = suspended && idle && (status.active ?? 0) === 0
  return {
    suspended,
    scheduling: enabled('MutableSchedulingDirectivesForSuspendedJobs')
      ? free
      : suspended && status.startTime === undefined,
    resources: enabled('MutablePodResourcesForSuspendedJobs') && free,
  }
}

/** Source: validatePodTemplateUpdate. */
function validateTemplateChange(
  { template = {} }: JobSpec,
  { template: before = {} }: JobSpec,
  { suspended, scheduling, resources }: TemplateFreedom,
  path: string,
  errors: FieldErrors,
): void {
  const allowed = scheduling ? withScheduling(before, template) : before
  if (!suspended || !resources) {
    if (!semanticEqual(template, allowed, 'PodTemplateSpec'))
      errors.invalid(child(path, 'template'), internalForm(template, 'core.v1.PodTemplateSpec'), 'field is immutable')
  } else if (!semanticEqual(template.spec ?? {}, withResources(allowed.spec ?? {}, template.spec ?? {}), 'PodSpec')) {
    errors.invalid(
      child(path, 'template.spec'),
      internalForm(template.spec ?? {}, 'core.v1.PodSpec'),
      'field is immutable',
    )
  }
}

/** The old template with the parts of the new one that say where pods run. */
function withScheduling(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const { labels, annotations } = template.metadata ?? {}
  const metadata = { ...old.metadata, ...defined({ labels, annotations }) }
  if (labels === undefined) delete metadata.labels
  if (annotations === undefined) delete metadata.annotations
  const spec: PodSpec = { ...old.spec }
  const wanted: PodSpec = template.spec ?? {}
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) {
    if (wanted[field] === undefined) delete spec[field]
    else Object.assign(spec, { [field]: wanted[field] })
  }
  const affinity = withNodeAffinity(spec.affinity, wanted.affinity)
  if (affinity === undefined) delete spec.affinity
  else spec.affinity = affinity
  return defined({ metadata: template.metadata === undefined && isEmpty(metadata) ? undefined : metadata, spec })
}

/** The affinity may go altogether if there was nothing in it but the nodes'. */
function withNodeAffinity(old: PodSpec['affinity'], wanted: PodSpec['affinity']): PodSpec['affinity'] {
  const { nodeAffinity: _, ...others } = old ?? {}
  if (wanted?.nodeAffinity !== undefined) return { ...others, nodeAffinity: wanted.nodeAffinity }
  const nothingElse = Object.keys(others).length === 0
  return nothingElse && wanted === undefined ? undefined : others
}

/** The old spec with the new one's resources, container by container, where there are as many and their names agree. */
function withResources(old: PodSpec, spec: PodSpec): PodSpec {
  const out = { ...old }
  for (const list of ['containers', 'initContainers'] as const) {
    const wanted = spec[list] ?? []
    const held = old[list]
    if (!held || held.length !== wanted.length) continue
    out[list] = held.map((container, i) => {
      const { name, resources } = wanted[i]!
      if (name !== container.name) return container
      const copy = copyJson(container)
      if (resources === undefined) delete copy.resources
      else copy.resources = resources
      return copy
    })
  }
  return out
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
