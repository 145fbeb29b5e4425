import { child, equalJson, type FieldErrors, index, type KubeObject, nonNegative } from '../../api/index.js'
import { countIndexes, overlap } from './indexes.js'
import { isIndexed, type JobSpec, type JobStatus } from './job-types.js'

/** Whether a job's condition is there and true. */
export const isTrue = (status: JobStatus, type: string): boolean => conditionIs(status, type, 'True')

/**
 * What a status may say, and what it may say after what it said before. Most rules look only at what this update changes, so
 * that a status which breaks one can still be written. Source: ValidateJobStatusUpdate and getStatusValidationOptions.
 */
export function validateJobStatusUpdate(job: KubeObject, oldJob: KubeObject, errors: FieldErrors): void {
  const status: JobStatus = job.status ?? {}
  const old: JobStatus = oldJob.status ?? {}
  const spec: JobSpec = job.spec ?? {}
  validateCounts(status, errors)
  validateConsistency(spec, status, old, errors)
  validateTransition(spec, status, old, errors)
}

const path = 'status'
const conditionsPath = 'status.conditions'

const conditionIs = ({ conditions }: JobStatus, type: string, value: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === value) ?? false

const isFinished = (status: JobStatus): boolean => isTrue(status, 'Complete') || isTrue(status, 'Failed')

function validateCounts(status: JobStatus, errors: FieldErrors): void {
  for (const field of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const)
    nonNegative(errors, child(path, field), status[field])
  const seen = new Set<string>()
  for (const field of ['succeeded', 'failed'] as const)
    status.uncountedTerminatedPods?.[field]?.forEach((uid, i) => {
      const at = index(`status.uncountedTerminatedPods.${field}`, i)
      if (uid === '') errors.invalid(at, uid, 'must not be empty')
      else if (seen.has(uid)) errors.duplicate(at, uid)
      seen.add(uid)
    })
}

/** Source: validateJobStatus. */
function validateConsistency(spec: JobSpec, status: JobStatus, old: JobStatus, errors: FieldErrors): void {
  const flips = (type: string) => isTrue(status, type) !== isTrue(old, type)
  const changes = (field: keyof JobStatus) => !equalJson(status[field], old[field])
  const complete = isTrue(status, 'Complete')
  const failed = isTrue(status, 'Failed')
  const finished = isFinished(status)
  const successMet = isTrue(status, 'SuccessCriteriaMet')
  const failureTarget = isTrue(status, 'FailureTarget')
  const completeFlips = flips('Complete')
  const finishedFlips = finished !== isFinished(old)
  const conditions = (detail: string) => errors.invalidWithoutValue(conditionsPath, detail)

  if ((completeFlips || flips('Failed')) && complete && failed)
    conditions('cannot set Complete=True and Failed=true conditions')
  if ((completeFlips || flips('FailureTarget')) && complete && failureTarget)
    conditions('cannot set Complete=True and FailureTarget=true conditions')
  validateTimes(status, complete, completeFlips, changes, errors)
  if ((flips('Failed') || changes('failedIndexes')) && failed && !failureTarget)
    conditions('cannot set Failed=True condition without the FailureTarget=true condition')
  if ((completeFlips || flips('SuccessCriteriaMet')) && complete && !successMet)
    conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition')
  if (finished) validateFinished(spec, status, finishedFlips, changes, errors)
  validateIndexes(spec, status, changes, errors)
  const { ready, active = 0, terminating } = status
  if ((finishedFlips || changes('terminating')) && finished && terminating !== undefined && terminating > 0)
    errors.invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job')
  if ((changes('ready') || changes('active')) && ready !== undefined && ready > active)
    errors.invalid('status.ready', ready, 'cannot set more ready pods than active')
  if (successMet && failed) conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions')
  if (successMet && failureTarget) conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')
  if (spec.successPolicy !== undefined && !successMet && complete)
    conditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')
}

type Changes = (field: keyof JobStatus) => boolean

function validateTimes(
  status: JobStatus,
  complete: boolean,
  completeFlips: boolean,
  changes: Changes,
  errors: FieldErrors,
): void {
  const at = 'status.completionTime'
  const { startTime, completionTime } = status
  if (completeFlips || changes('completionTime')) {
    if (completionTime !== undefined && !complete)
      errors.invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition')
    if (completionTime === undefined && complete) errors.required(at, 'completionTime is required for Complete jobs')
  }
  if (!changes('startTime') && !changes('completionTime')) return
  if (startTime === undefined || completionTime === undefined) return
  // The zero time, which is null, is before all others.
  if (startTime !== null && (completionTime === null || Date.parse(completionTime) < Date.parse(startTime)))
    errors.invalid(at, completionTime, 'must be equal to or after `startTime`')
}

function validateFinished(
  spec: JobSpec,
  status: JobStatus,
  finishedFlips: boolean,
  changes: Changes,
  errors: FieldErrors,
): void {
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status
  if ((finishedFlips || changes('active')) && active > 0)
    errors.invalid('status.active', active, 'active>0 is invalid for finished job')
  const idle = spec.suspend === true && spec.completions === 0
  if ((finishedFlips || changes('startTime')) && !idle && startTime === undefined)
    errors.required('status.startTime', 'startTime is required for finished job')
  const left = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0)
  if ((finishedFlips || changes('uncountedTerminatedPods')) && left > 0) {
    const told = { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null }
    errors.invalid('status.uncountedTerminatedPods', told, 'must be empty for finished job')
  }
}

function validateIndexes(spec: JobSpec, status: JobStatus, changes: Changes, errors: FieldErrors): void {
  const { completions, backoffLimitPerIndex } = spec
  const { completedIndexes: completed = '', failedIndexes: failed } = status
  const completedChanges = changes('completedIndexes')
  const failedChanges = changes('failedIndexes')
  const completedPath = 'status.completedIndexes'
  const failedPath = 'status.failedIndexes'
  if (completedChanges && completions !== undefined)
    judgeFormat(completed, completions, completedPath, 'completedIndexes', errors)
  if (failedChanges && completions !== undefined && backoffLimitPerIndex !== undefined && failed !== undefined)
    judgeFormat(failed, completions, failedPath, 'failedIndexes', errors)
  if (completedChanges && completed !== '' && !isIndexed(spec))
    errors.invalid(completedPath, completed, 'cannot set non-empty completedIndexes when non-indexed completion mode')
  if (failedChanges && backoffLimitPerIndex === undefined && failed !== undefined)
    errors.invalid(failedPath, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null')
  if ((!failedChanges && !completedChanges) || completions === undefined || failed === undefined) return
  const both = overlap(completed, failed, completions)
  if (both !== undefined)
    errors.invalid(failedPath, failed, `failedIndexes and completedIndexes overlap at index: ${both}`)
}

function judgeFormat(indexes: string, completions: number, at: string, name: string, errors: FieldErrors): void {
  try {
    countIndexes(indexes, completions)
  } catch (error) {
    errors.invalid(at, indexes, `error parsing ${name}: ${(error as Error).message}`)
  }
}

/** From the old status to the new one. Source: ValidateJobStatusUpdate. */
function validateTransition(spec: JobSpec, status: JobStatus, old: JobStatus, errors: FieldErrors): void {
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (isTrue(old, type) && !isTrue(status, type))
      errors.invalidWithoutValue(conditionsPath, `cannot disable the terminal ${type}=True condition`)
  if ((status.failed ?? 0) < (old.failed ?? 0))
    errors.invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter')
  // An indexed job whose parallelism follows its completions may be scaled down.
  const scalable = isIndexed(spec) && spec.completions === spec.parallelism
  if (!scalable && (status.succeeded ?? 0) < (old.succeeded ?? 0))
    errors.invalid('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter')
  const { startTime, completionTime } = status
  if (completionTime !== undefined && old.completionTime !== undefined && completionTime !== old.completionTime)
    errors.invalid('status.completionTime', completionTime, 'field is immutable')
  const resumes = isTrue(old, 'Suspended') && conditionIs(status, 'Suspended', 'False')
  if (!resumes && old.startTime !== undefined && old.startTime !== startTime && spec.suspend !== true)
    errors.invalid('status.startTime', startTime, 'field is immutable for unsuspended job once set')
  const wasMet = isTrue(old, 'SuccessCriteriaMet')
  const met = isTrue(status, 'SuccessCriteriaMet')
  if (wasMet && !met) errors.invalidWithoutValue(conditionsPath, 'cannot disable the SuccessCriteriaMet=True condition')
  if (isTrue(old, 'Complete') && !wasMet && met)
    errors.invalidWithoutValue(
      conditionsPath,
      'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions',
    )
}
