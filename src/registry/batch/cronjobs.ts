import { child, type FieldErrors, type KubeObject, nonNegative } from '../../api/index.js'
import { nameWarnings } from '../apps/deployments.js'
import { dropDisabledTemplateFields, type PodValidationOptions, podTemplateOptions } from '../core/pod/index.js'
import type { ResourceRules } from '../rules.js'
import { checkSchedule } from './cron-schedule.js'
import { validateJobTemplate } from './job-spec.js'
import type { JobSpec } from './job-types.js'
import { defaultJobTemplate, jobSpecWarnings } from './jobs.js'
import { isTimeZone } from './time-zone.js'

interface CronJobSpec {
  schedule?: string
  timeZone?: string
  startingDeadlineSeconds?: number | bigint
  concurrencyPolicy?: string
  suspend?: boolean
  jobTemplate?: { spec?: JobSpec }
  successfulJobsHistoryLimit?: number
  failedJobsHistoryLimit?: number
}

/** A job's name is the cron job's, a dash and ten digits, and must be a label. */
const maxName = 63 - 11

export const cronjobs: ResourceRules = {
  generation: true,
  defaults: { v1: setDefaults },
  prepareForCreate({ spec }, context) {
    dropDisabledTemplateFields(templateOf(spec), undefined, context)
  },
  validate({ metadata: { name = '' }, spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, errors, podTemplateOptions(templateOf(spec), undefined, context))
    if (Buffer.byteLength(name) > maxName)
      errors.invalid('metadata.name', name, `must be no more than ${maxName} characters`)
  },
  prepareForUpdate({ spec }, old, context) {
    dropDisabledTemplateFields(templateOf(spec), templateOf(old.spec), context)
  },
  validateUpdate({ spec }, old, errors, context) {
    const options = podTemplateOptions(templateOf(spec), templateOf(old.spec), context)
    validateSpec(spec ?? {}, old.spec ?? {}, errors, options)
  },
  warnings({ metadata, spec }, old, { subresource }) {
    if (subresource === 'status') return []
    const path = 'spec.jobTemplate.spec'
    const job: JobSpec = spec?.jobTemplate?.spec ?? {}
    if (old === undefined) return [...nameWarnings(metadata.name ?? ''), ...jobSpecWarnings(path, job, undefined)]
    const changed = metadata.generation !== old.metadata.generation
    const texts = changed ? jobSpecWarnings(path, job, old.spec?.jobTemplate?.spec) : []
    if (spec?.schedule?.includes('TZ'))
      texts.push(
        'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see ' +
          'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
      )
    return texts
  },
}

const templateOf = (spec: CronJobSpec | undefined) => spec?.jobTemplate?.spec?.template

function setDefaults(object: KubeObject): void {
  object.spec ??= {}
  const spec: CronJobSpec = object.spec
  spec.concurrencyPolicy ||= 'Allow'
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
  spec.jobTemplate ??= {}
  spec.jobTemplate.spec ??= {}
  defaultJobTemplate(spec.jobTemplate.spec)
}

/** Source: validateCronJobSpec. */
function validateSpec(
  spec: CronJobSpec,
  old: CronJobSpec | undefined,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { schedule = '', timeZone, concurrencyPolicy: policy = '', jobTemplate } = spec
  if (schedule === '') errors.required('spec.schedule')
  else validateSchedule(schedule, old?.schedule?.includes('TZ') ?? false, timeZone, 'spec.schedule', errors)
  nonNegative(errors, 'spec.startingDeadlineSeconds', spec.startingDeadlineSeconds)
  if (timeZone !== undefined && timeZone !== old?.timeZone) validateTimeZone(timeZone, 'spec.timeZone', errors)
  if (policy === '') errors.required('spec.concurrencyPolicy')
  else if (!policies.includes(policy)) errors.notSupportedInOrder('spec.concurrencyPolicy', policy, policies)
  validateTemplate(jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec', errors, options)
  nonNegative(errors, 'spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit)
  nonNegative(errors, 'spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit)
}

const policies = ['Allow', 'Forbid', 'Replace']

function validateTemplate(spec: JobSpec, path: string, errors: FieldErrors, options: PodValidationOptions): void {
  validateJobTemplate(spec, path, errors, options)
  if (spec.selector !== undefined)
    errors.invalid(child(path, 'selector'), spec.selector, '`selector` will be auto-generated')
  if (spec.manualSelector)
    errors.notSupportedInOrder(child(path, 'manualSelector'), spec.manualSelector, ['nil', 'false'])
}

function validateSchedule(
  schedule: string,
  mayNameZone: boolean,
  timeZone: string | undefined,
  path: string,
  errors: FieldErrors,
): void {
  const wrong = checkSchedule(schedule)
  if (wrong !== undefined) errors.invalid(path, schedule, wrong)
  if (!schedule.includes('TZ')) return
  if (!mayNameZone) errors.invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
  else if (timeZone !== undefined)
    errors.invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')
}

/** Source: validateTimeZone. */
function validateTimeZone(zone: string, path: string, errors: FieldErrors): void {
  if (zone === '') errors.invalid(path, zone, 'timeZone must be nil or non-empty string')
  else if (!zone.split('/').every((part) => part !== '.' && part !== '..' && zonePart.test(part)))
    errors.invalid(path, zone, `unknown time zone ${zone}`)
  else {
    const local = zone.toLowerCase() === 'local'
    if (local)
      errors.invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')
    if (zone !== 'Local' && !isTimeZone(zone)) errors.invalid(path, zone, `unknown time zone ${zone}`)
  }
}

const zonePart = /^(?!-)[A-Za-z.\-_0-9+]{1,14}$/
