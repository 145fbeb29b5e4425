import {
  asSent,
  child,
  domainPrefixedPath,
  type FieldErrors,
  maxLength,
  nonNegative,
  sortedMap,
  validateLabelSelector,
} from '../../api/index.js'
import { readSelector } from '../apps/selectors.js'
import { type PodValidationOptions, validatePodTemplateSpec } from '../core/pod/index.js'
import { validateFailurePolicy } from './failure-policy.js'
import { isIndexed, type JobSpec } from './job-types.js'
import { validateSuccessPolicy } from './success-policy.js'

const limits = {
  indexedParallelism: 100_000,
  failedIndexes: 100_000,
  /** Above this many completions, the next two hold. */
  manyCompletions: 100_000,
  parallelismOfMany: 10_000,
  failedIndexesOfMany: 10_000,
  managedBy: 63,
}

/** With the selector, which the job itself has and its template does not. Source: ValidateJobSpec. */
export function validateJobSpec(spec: JobSpec, path: string, errors: FieldErrors, options: PodValidationOptions): void {
  validateJobTemplate(spec, path, errors, options)
  const at = child(path, 'selector')
  if (spec.selector === undefined) errors.required(at)
  else validateLabelSelector(spec.selector, errors, at, { allowInvalidValues: options.invalidLabelValueInSelector })
  const labels = asSent(spec.template?.metadata, 'labels')
  if (readSelector(spec.selector)?.matches(labels) === false)
    errors.invalid(
      child(path, 'template.metadata.labels'),
      labels === undefined ? undefined : sortedMap(labels),
      '`selector` does not match template `labels`',
    )
}

/** Source: validateJobSpec, the one with the small letter. */
export function validateJobTemplate(
  spec: JobSpec,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  for (const field of numbers) nonNegative(errors, child(path, field), spec[field])
  const { maxFailedIndexes, backoffLimitPerIndex, managedBy, completionMode: mode, podReplacementPolicy } = spec
  if (maxFailedIndexes !== undefined) {
    nonNegative(errors, child(path, 'maxFailedIndexes'), maxFailedIndexes)
    if (backoffLimitPerIndex === undefined)
      errors.required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified')
  }
  if (managedBy !== undefined) {
    domainPrefixedPath(errors, child(path, 'managedBy'), managedBy)
    maxLength(errors, child(path, 'managedBy'), managedBy, limits.managedBy)
  }
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.notSupportedInOrder(child(path, 'completionMode'), mode, ['NonIndexed', 'Indexed'])
  if (isIndexed(spec)) validateIndexed(spec, path, errors)
  if (mode === undefined || mode === 'NonIndexed')
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[field] !== undefined) errors.invalid(child(path, field), spec[field], 'requires indexed completion mode')

  if (spec.podFailurePolicy !== undefined) validateFailurePolicy(spec, child(path, 'podFailurePolicy'), errors)
  if (spec.successPolicy !== undefined) {
    const at = child(path, 'successPolicy')
    if (isIndexed(spec)) validateSuccessPolicy(spec, at, errors)
    else errors.invalid(at, successPolicyForm(spec), 'requires indexed completion mode')
  }
  if (podReplacementPolicy !== undefined) {
    const supported = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
    if (!supported.includes(podReplacementPolicy))
      errors.notSupported(child(path, 'podReplacementPolicy'), podReplacementPolicy, supported)
  }
  validatePodTemplateSpec(spec.template ?? {}, child(path, 'template'), errors, options)
  validateRestartPolicy(spec, child(path, 'template.spec.restartPolicy'), errors)
}

const numbers = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
] as const

function validateIndexed(spec: JobSpec, path: string, errors: FieldErrors): void {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec
  const failed = maxFailedIndexes ?? 0
  const atMost = (field: 'parallelism' | 'maxFailedIndexes', max: number, when = '') => {
    errors.invalid(child(path, field), spec[field], `must be less than or equal to ${max}${when}`)
  }
  if (completions === undefined) errors.required(child(path, 'completions'), 'when completion mode is Indexed')
  if (parallelism > limits.indexedParallelism)
    atMost('parallelism', limits.indexedParallelism, ' when completion mode is Indexed')
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    errors.invalid(child(path, 'maxFailedIndexes'), maxFailedIndexes, 'must be less than or equal to completions')
  if (failed > limits.failedIndexes) atMost('maxFailedIndexes', limits.failedIndexes)
  if (completions === undefined || completions <= limits.manyCompletions || backoffLimitPerIndex === undefined) return
  const when = ` when completions are above ${limits.manyCompletions} and used with backoff limit per index`
  if (maxFailedIndexes === undefined)
    errors.required(
      child(path, 'maxFailedIndexes'),
      `must be specified when completions is above ${limits.manyCompletions}`,
    )
  if (parallelism > limits.parallelismOfMany) atMost('parallelism', limits.parallelismOfMany, when)
  if (failed > limits.failedIndexesOfMany) atMost('maxFailedIndexes', limits.failedIndexesOfMany, when)
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string, errors: FieldErrors): void {
  const policy = template?.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') errors.required(path, 'valid values: "OnFailure", "Never"')
  else if (policy !== 'OnFailure' && policy !== 'Never')
    errors.notSupportedInOrder(path, policy, ['OnFailure', 'Never'])
  else if (podFailurePolicy !== undefined && policy !== 'Never')
    errors.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
}

/** As upstream's internal type prints. */
function successPolicyForm({ successPolicy }: JobSpec): unknown {
  const rules = successPolicy?.rules?.map(({ succeededIndexes, succeededCount }) => ({
    SucceededIndexes: succeededIndexes ?? null,
    SucceededCount: succeededCount ?? null,
  }))
  return { Rules: rules ?? null }
}
