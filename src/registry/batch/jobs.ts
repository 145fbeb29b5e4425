import {
  child,
  equalJson,
  type FieldErrors,
  isDns1123Label,
  type KubeObject,
  type ObjectMeta,
  sortedMap,
  validateObjectMeta,
} from '../../api/index.js'
import { nameWarnings } from '../apps/deployments.js'
import { hasInvalidValue, readSelector } from '../apps/selectors.js'
import {
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodValidationOptions,
  podTemplateOptions,
  podTemplateWarnings,
} from '../core/pod/index.js'
import type { ResourceRules } from '../rules.js'
import { validateJobSpec } from './job-spec.js'
import { validateJobStatusUpdate } from './job-status.js'
import { isIndexed, type JobSpec } from './job-types.js'
import { validateJobChange } from './job-update.js'

const label = {
  legacyUid: 'controller-uid',
  legacyName: 'job-name',
  uid: 'batch.kubernetes.io/controller-uid',
  name: 'batch.kubernetes.io/job-name',
} as const

export const jobs: ResourceRules = {
  generation: true,
  garbageCollection: 'orphan',
  fields: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
  refuseField: (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  defaults: { v1: setDefaults },
  unsettledWhenCreated: hasGeneratedLabelsOnly,
  prepareForCreate(object, context) {
    const spec: JobSpec = object.spec ?? {}
    const { metadata } = object
    if (!spec.manualSelector) generateSelector(spec, metadata)
    const pods = spec.template?.metadata
    if (pods?.labels !== undefined) {
      // Upstream fills in defaults again when it reads what it has just stored, or would store.
      const shared = metadata.labels === pods.labels || isEmpty(metadata.labels)
      pods.labels = sortedMap(pods.labels)
      if (shared) metadata.labels = { ...pods.labels }
    }
    dropDisabledTemplateFields(spec.template, undefined, context)
  },
  validate(object, errors, context) {
    const options = podTemplateOptions(object.spec?.template, undefined, context)
    validate(object, true, errors, options)
  },
  prepareForUpdate({ spec }, old, context) {
    dropDisabledTemplateFields(spec?.template, old.spec?.template, context)
  },
  validateUpdate(object, old, errors, context) {
    const before: JobSpec = old.spec ?? {}
    const options = podTemplateOptions(object.spec?.template, before.template, context)
    const relaxed = {
      ...options,
      invalidLabelValueInSelector: options.invalidLabelValueInSelector || hasInvalidValue(before.selector),
    }
    const labels = before.template?.metadata?.labels ?? {}
    const prefixed = labels[label.name] !== undefined && labels[label.uid] !== undefined
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validate(object, prefixed, errors, relaxed)
    // Upstream looks at the spec a second time.
    validateJobSpec(object.spec ?? {}, 'spec', errors, relaxed)
    validateJobChange(object, old, errors, context)
  },
  prepareForStatusUpdate({ metadata, spec }) {
    const labels = spec?.template?.metadata?.labels
    if (labels !== undefined && isEmpty(metadata.labels)) metadata.labels = { ...labels }
  },
  validateStatusUpdate: validateJobStatusUpdate,
  warnings(object, old, { subresource }) {
    if (subresource === 'status') return []
    if (old === undefined)
      return [...nameWarnings(object.metadata.name ?? ''), ...jobSpecWarnings('spec', object.spec ?? {}, undefined)]
    if (object.metadata.generation === old.metadata.generation) return []
    return jobSpecWarnings('spec', object.spec ?? {}, old.spec)
  },
  deleteWarnings({ propagationPolicy, orphanDependents }) {
    return propagationPolicy === undefined && orphanDependents === undefined ? [podsStay] : []
  },
}

const podsStay =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or ' +
  'set propagationPolicy=Orphan to suppress this warning'

/** Source: WarningsForJobSpec. */
export function jobSpecWarnings(path: string, spec: JobSpec, old: JobSpec | undefined): string[] {
  const { completions = 0, parallelism = 0 } = spec
  const texts = podTemplateWarnings(child(path, 'template'), spec.template, old?.template)
  if (!isIndexed(spec) || completions <= 100_000 || parallelism <= 10_000) return texts
  const much =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes ' +
    'might not be able to track completedIndexes when a big number of indexes fail'
  return [`${path}: ${much}`, ...texts]
}

/** What jobs and the job templates of cron jobs have in common: pods, and patterns of conditions. */
export function defaultJobTemplate(spec: JobSpec): void {
  spec.template ??= {}
  defaultPodTemplate(spec.template)
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
}

function setDefaults(object: KubeObject): void {
  object.spec ??= {}
  const spec: JobSpec = object.spec
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647
  const labels = spec.template?.metadata?.labels
  // The same map, not a copy: the labels that are generated for the pods become the job's, too.
  if (labels !== undefined && isEmpty(object.metadata.labels)) object.metadata.labels = labels
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'
  spec.manualSelector ??= false
  defaultJobTemplate(spec)
}

const isEmpty = (map: object | undefined): boolean => map === undefined || Object.keys(map).length === 0

/** Labels that only this job's pods have, and a selector for them. What the client chose itself is left for validation. */
function generateSelector(spec: JobSpec, { name = '', uid = '' }: ObjectMeta): void {
  spec.template ??= {}
  spec.template.metadata ??= {}
  spec.template.metadata.labels ??= {}
  const { labels } = spec.template.metadata
  for (const [key, value] of [
    [label.legacyName, name],
    [label.name, name],
    [label.legacyUid, uid],
    [label.uid, uid],
  ] as const)
    labels[key] ??= value
  const matchLabels = { ...spec.selector?.matchLabels }
  matchLabels[label.uid] ??= uid
  spec.selector = { ...spec.selector, matchLabels }
}

const generated: readonly string[] = Object.values(label)

/** That the job has the labels of its pods is a default; where those were generated, it was filled in after the job was stored. */
function hasGeneratedLabelsOnly({ metadata, spec }: KubeObject): boolean {
  const labels: object = spec?.template?.metadata?.labels ?? {}
  return Object.keys(labels).every((key) => generated.includes(key)) && equalJson(metadata.labels ?? {}, labels)
}

/** Source: ValidateJob, metadata aside. */
function validate(object: KubeObject, prefixed: boolean, errors: FieldErrors, options: PodValidationOptions): void {
  const { name = '' } = object.metadata
  const spec: JobSpec = object.spec ?? {}
  validateGeneratedSelector(spec, object.metadata, prefixed, errors)
  validateJobSpec(spec, 'spec', errors, options)
  const { completions = 0 } = spec
  if (!isIndexed(spec) || completions <= 0) return
  const hostname = `${name}-${completions - 1}`
  if (isDns1123Label(hostname).length > 0)
    errors.invalid('metadata.name', name, `will not able to create pod with invalid DNS label: ${hostname}`)
}

function validateGeneratedSelector(
  spec: JobSpec,
  { name = '', uid = '' }: ObjectMeta,
  prefixed: boolean,
  errors: FieldErrors,
): void {
  if (spec.manualSelector || spec.selector === undefined) return
  if (uid === '') errors.required('metadata.uid')
  const expected: Record<string, string> = { [label.legacyUid]: uid, [label.legacyName]: name }
  if (prefixed) Object.assign(expected, { [label.uid]: uid, [label.name]: name })
  const labels = spec.template?.metadata?.labels ?? {}
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`
    if (!Object.hasOwn(labels, key)) errors.required(at, `must be '${value}'`)
    else if (labels[key] !== value) errors.invalid(at, sortedMap(labels), `must be '${value}'`)
  }
  if (readSelector(spec.selector)?.matches(expected) === false)
    errors.invalid('spec.selector', spec.selector, '`selector` not auto-generated')
}
