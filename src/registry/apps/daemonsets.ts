import {
  asSent,
  atMost100Percent,
  child,
  DecodeError,
  type FieldErrors,
  immutable,
  type KubeObject,
  type LabelSelectorSpec,
  nonNegative,
  sortedMap,
  validateLabelSelector,
} from '../../api/index.js'
import {
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodTemplateSpec,
  podTemplateOptions,
  podTemplateWarnings,
  validatePodTemplateSpec,
} from '../core/pod/index.js'
import { semanticEqual } from '../core/pod/semantic-equal.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { int64Problem } from './annotated-number.js'
import { figureOf, type IntOrString, positiveIntOrPercent } from './rolling-updates.js'
import { hasInvalidValue, isEmptySelector, readSelector } from './selectors.js'
import { collisionCountGrows, countsNonNegative } from './status.js'

interface DaemonSetSpec {
  selector?: LabelSelectorSpec | null
  template?: PodTemplateSpec
  updateStrategy?: DaemonSetUpdateStrategy
  minReadySeconds?: number
  revisionHistoryLimit?: number
}

interface DaemonSetUpdateStrategy {
  type?: string
  rollingUpdate?: { maxUnavailable?: IntOrString; maxSurge?: IntOrString }
}

/** Where the generation of the template, a field of old versions, is kept. */
const templateGeneration = 'deprecated.daemonset.template.generation'

export const daemonsets: ResourceRules = {
  generation: true,
  defaults: { v1: setDefaults },
  prepareForCreate(object, context) {
    setTemplateGeneration(object, Math.max(templateGenerationOf(object), 1))
    dropDisabledTemplateFields(object.spec?.template, undefined, context)
  },
  validate({ spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, errors, context)
  },
  prepareForUpdate(object, old, context) {
    dropDisabledTemplateFields(object.spec?.template, old.spec?.template, context)
    const changed = !semanticEqual(object.spec?.template ?? {}, old.spec?.template ?? {}, 'PodTemplateSpec')
    setTemplateGeneration(object, templateGenerationOf(old) + (changed ? 1 : 0))
  },
  validateUpdate({ spec }, old, errors, context) {
    immutable(errors, 'spec.selector', spec?.selector, old.spec?.selector)
    validateSpec(spec ?? {}, old.spec ?? {}, errors, context)
  },
  prepareForStatusUpdate(object, old) {
    setTemplateGeneration(object, templateGenerationOf(old))
  },
  validateStatusUpdate(object, old, errors) {
    const status = object.status ?? {}
    countsNonNegative(errors, 'status', status, counts)
    collisionCountGrows(errors, status, old.status ?? {})
  },
  warnings(object, old, { subresource }) {
    if (subresource === 'status') return []
    if (old !== undefined && templateGenerationOf(object) === templateGenerationOf(old)) return []
    return podTemplateWarnings('spec.template', object.spec?.template, old?.spec?.template)
  },
}

const counts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
]

function setDefaults(object: KubeObject): void {
  object.spec ??= {}
  const spec: DaemonSetSpec = object.spec
  spec.updateStrategy ??= {}
  const { updateStrategy } = spec
  updateStrategy.type ||= 'RollingUpdate'
  if (updateStrategy.type === 'RollingUpdate') {
    updateStrategy.rollingUpdate ??= {}
    updateStrategy.rollingUpdate.maxUnavailable ??= 1
    updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  // Upstream's internal type has no absent numbers here.
  if (updateStrategy.rollingUpdate) {
    updateStrategy.rollingUpdate.maxUnavailable ??= 0
    updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  spec.template ??= {}
  defaultPodTemplate(spec.template)
  const generation = object.metadata.annotations?.[templateGeneration]
  const problem = generation === undefined ? undefined : int64Problem(generation)
  if (problem !== undefined) throw new DecodeError(problem)
  setTemplateGeneration(object, Number(generation ?? 0))
}

const templateGenerationOf = ({ metadata }: KubeObject): number =>
  Number(metadata.annotations?.[templateGeneration] ?? 0) || 0

function setTemplateGeneration({ metadata }: KubeObject, generation: number): void {
  metadata.annotations = sortedMap({ ...metadata.annotations, [templateGeneration]: String(generation) })
}

/** Source: ValidateDaemonSetSpec. */
function validateSpec(
  spec: DaemonSetSpec,
  old: DaemonSetSpec | undefined,
  errors: FieldErrors,
  context: RuleContext,
): void {
  const { selector, template = {} } = spec
  const options = podTemplateOptions(spec.template, old?.template, context)
  const allowInvalidValues = options.invalidLabelValueInSelector || hasInvalidValue(old?.selector)
  validateLabelSelector(selector, errors, 'spec.selector', { allowInvalidValues })
  const labels = asSent(template.metadata, 'labels')
  if (readSelector(selector)?.matches(labels) === false)
    errors.invalid(
      'spec.template.metadata.labels',
      labels === undefined ? undefined : sortedMap(labels),
      '`selector` does not match template `labels`',
    )
  if (selector && isEmptySelector(selector))
    errors.invalid('spec.selector', selector, 'empty selector is invalid for daemonset')
  validatePodTemplateSpec(template, 'spec.template', errors, options)
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {}
  if (restartPolicy !== 'Always') errors.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])
  if (activeDeadlineSeconds !== undefined)
    errors.forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in DaemonSet is not Supported')
  nonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  validateUpdateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy', errors)
  nonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit)
}

function validateUpdateStrategy(strategy: DaemonSetUpdateStrategy, path: string, errors: FieldErrors): void {
  const { type = '', rollingUpdate } = strategy
  if (type === 'OnDelete') return
  const at = child(path, 'rollingUpdate')
  if (type !== 'RollingUpdate') {
    const told = rollingUpdate && {
      MaxUnavailable: rollingUpdate.maxUnavailable ?? 0,
      MaxSurge: rollingUpdate.maxSurge ?? 0,
    }
    errors.notSupportedInOrder(path, { Type: type, RollingUpdate: told ?? null }, ['RollingUpdate', 'OnDelete'])
  } else if (rollingUpdate === undefined) {
    errors.required(at)
  } else {
    const { maxUnavailable, maxSurge } = rollingUpdate
    positiveIntOrPercent(errors, child(at, 'maxUnavailable'), maxUnavailable)
    positiveIntOrPercent(errors, child(at, 'maxSurge'), maxSurge)
    atMost100Percent(errors, child(at, 'maxUnavailable'), maxUnavailable)
    atMost100Percent(errors, child(at, 'maxSurge'), maxSurge)
    const surges = figureOf(maxSurge) !== 0
    if (surges && figureOf(maxUnavailable) !== 0)
      errors.invalid(child(at, 'maxSurge'), maxSurge, 'may not be set when maxUnavailable is non-zero')
    else if (!surges && figureOf(maxUnavailable) === 0)
      errors.required(child(at, 'maxUnavailable'), 'cannot be 0 when maxSurge is 0')
  }
}
