import {
  atMost100Percent,
  child,
  DecodeError,
  equalJson,
  type FieldErrors,
  immutable,
  isDns1123Label,
  type KubeObject,
  type LabelSelectorSpec,
  nonNegative,
  type ObjectMeta,
} from '../../api/index.js'
import {
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodTemplateSpec,
  podTemplateOptions,
  podTemplateWarnings,
  validatePodTemplateForSelector,
} from '../core/pod/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { int64Problem } from './annotated-number.js'
import { figureOf, type IntOrString, positiveIntOrPercent } from './rolling-updates.js'
import { selectorText, validateWorkloadSelector } from './selectors.js'
import { collisionCountGrows, countsAtMost, countsNonNegative } from './status.js'

interface DeploymentSpec {
  replicas?: number
  selector?: LabelSelectorSpec | null
  template?: PodTemplateSpec
  strategy?: DeploymentStrategy
  minReadySeconds?: number
  revisionHistoryLimit?: number
  progressDeadlineSeconds?: number
}

interface DeploymentStrategy {
  type?: string
  rollingUpdate?: { maxUnavailable?: IntOrString; maxSurge?: IntOrString }
}

const rollbackTo = 'deprecated.deployment.rollback.to'

export const deployments: ResourceRules = {
  generation: true,
  scale: { selector: selectorText },
  resetFields: { status: ['spec', 'metadata.labels'] },
  defaults: { v1: setDefaults },
  prepareForCreate({ spec }, context) {
    dropDisabledTemplateFields(spec?.template, undefined, context)
  },
  validate({ metadata, spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, metadata.annotations, errors, context)
  },
  prepareForUpdate(object, old, context) {
    dropDisabledTemplateFields(object.spec?.template, old.spec?.template, context)
    // Replica sets get the deployment's annotations, so that a change of them is a change for the controller.
    if (!equalJson(object.metadata.annotations ?? {}, old.metadata.annotations ?? {}))
      object.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
  validateUpdate({ metadata, spec }, old, errors, context) {
    validateSpec(spec ?? {}, old.spec, metadata.annotations, errors, context)
    immutable(errors, 'spec.selector', spec?.selector, old.spec?.selector)
  },
  prepareForStatusUpdate(object, old, context) {
    if (old.metadata.labels === undefined) delete object.metadata.labels
    else object.metadata.labels = old.metadata.labels
    dropTerminatingReplicas(object, old, context)
  },
  validateStatusUpdate(object, old, errors) {
    const status = object.status ?? {}
    countsNonNegative(errors, 'status', status, counts)
    countsAtMost(errors, 'status', status, parts, 'replicas', 'cannot be greater than status.replicas')
    countsAtMost(
      errors,
      'status',
      status,
      ['availableReplicas'],
      'readyReplicas',
      'cannot be greater than readyReplicas',
    )
    collisionCountGrows(errors, status, old.status ?? {})
  },
  warnings(object, old, context) {
    return replicatedPodWarnings(object, old, context)
  },
}

const counts = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
]
const parts = ['updatedReplicas', 'readyReplicas', 'availableReplicas']

/** Warnings of kinds whose name goes into the names of their pods. */
export function replicatedPodWarnings(
  { metadata, spec }: KubeObject,
  old: KubeObject | undefined,
  { subresource }: RuleContext,
): string[] {
  if (subresource === 'status') return []
  if (old === undefined)
    return [...nameWarnings(metadata.name ?? ''), ...podTemplateWarnings('spec.template', spec?.template, undefined)]
  if (metadata.generation === old.metadata.generation) return []
  return podTemplateWarnings('spec.template', spec?.template, old.spec?.template)
}

/** That a name which is no DNS label makes odd pod names. */
export function nameWarnings(name: string): string[] {
  const wrong = isDns1123Label(name)
  if (wrong.length === 0) return []
  return [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
      `a DNS label is recommended: [${wrong.join(' ')}]`,
  ]
}

/** For deployments and replica sets, while the gate is off and nobody has used the field. */
export function dropTerminatingReplicas({ status }: KubeObject, old: KubeObject, { enabled }: RuleContext): void {
  if (!enabled('DeploymentReplicaSetTerminatingReplicas') && old.status?.terminatingReplicas === undefined)
    delete status?.terminatingReplicas
}

function setDefaults(object: KubeObject): void {
  object.spec ??= {}
  const spec: DeploymentSpec = object.spec
  spec.replicas ??= 1
  spec.strategy ??= {}
  const { strategy } = spec
  strategy.type ||= 'RollingUpdate'
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {}
    strategy.rollingUpdate.maxUnavailable ??= '25%'
    strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  spec.template ??= {}
  defaultPodTemplate(spec.template)
  readRollback(object.metadata)
}

/** The annotation stands for a field of old versions, a number. */
function readRollback(metadata: ObjectMeta): void {
  const { annotations } = metadata
  const revision = annotations?.[rollbackTo]
  if (annotations === undefined || revision === undefined) return
  if (revision === '') {
    delete annotations[rollbackTo]
    if (Object.keys(annotations).length === 0) delete metadata.annotations
    return
  }
  const problem = int64Problem(revision)
  if (problem !== undefined)
    throw new DecodeError(`failed to parse annotation[${rollbackTo}]=${revision} as int64: ${problem}`)
  annotations[rollbackTo] = String(BigInt(revision.replace('+', '')))
}

/** Source: ValidateDeploymentSpec. */
function validateSpec(
  spec: DeploymentSpec,
  old: DeploymentSpec | undefined,
  annotations: Readonly<Record<string, string>> | undefined,
  errors: FieldErrors,
  context: RuleContext,
): void {
  const { template, minReadySeconds = 0, progressDeadlineSeconds } = spec
  nonNegative(errors, 'spec.replicas', spec.replicas)
  const selector = validateWorkloadSelector(spec.selector, 'deployment', 'invalid label selector', 'spec', errors)
  if (selector !== undefined) {
    const selects = selector.empty ? undefined : (labels: Readonly<Record<string, string>>) => selector.matches(labels)
    const options = podTemplateOptions(template, old?.template, context)
    validatePodTemplateForSelector(template ?? {}, selects, 'ReplicaSet', 'spec.template', errors, options)
  }
  validateStrategy(spec.strategy ?? {}, 'spec.strategy', errors)
  nonNegative(errors, 'spec.minReadySeconds', minReadySeconds)
  nonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit)
  const revision = annotations?.[rollbackTo]
  if (revision !== undefined) nonNegative(errors, 'spec.rollback.version', Number(revision))
  if (progressDeadlineSeconds === undefined) return
  nonNegative(errors, 'spec.progressDeadlineSeconds', progressDeadlineSeconds)
  if (progressDeadlineSeconds <= minReadySeconds)
    errors.invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')
}

function validateStrategy({ type = '', rollingUpdate }: DeploymentStrategy, path: string, errors: FieldErrors): void {
  const at = child(path, 'rollingUpdate')
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined) errors.forbidden(at, "may not be specified when strategy `type` is 'Recreate'")
  } else if (type !== 'RollingUpdate') {
    const told = rollingUpdate && {
      MaxUnavailable: rollingUpdate.maxUnavailable ?? 0,
      MaxSurge: rollingUpdate.maxSurge ?? 0,
    }
    errors.notSupportedInOrder(path, { Type: type, RollingUpdate: told ?? null }, ['Recreate', 'RollingUpdate'])
  } else if (rollingUpdate === undefined) {
    errors.required(at, 'this should be defaulted and never be nil')
  } else {
    const { maxUnavailable, maxSurge } = rollingUpdate
    positiveIntOrPercent(errors, child(at, 'maxUnavailable'), maxUnavailable)
    positiveIntOrPercent(errors, child(at, 'maxSurge'), maxSurge)
    if (figureOf(maxUnavailable) === 0 && figureOf(maxSurge) === 0)
      errors.invalid(child(at, 'maxUnavailable'), maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0')
    atMost100Percent(errors, child(at, 'maxUnavailable'), maxUnavailable)
  }
}
