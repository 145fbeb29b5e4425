import { type FieldErrors, type KubeObject, nonNegative } from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { validateScalingRules, withDefaults } from './behavior.js'
import type { AutoscalerSpec } from './hpa-types.js'
import { validateMetrics } from './metrics.js'
import { type ReferenceOptions, validateReference, wrongVersion } from './object-references.js'

const defaultUtilization = 80
/** In v1, metrics other than the processor's are kept here. */
const otherMetrics = 'autoscaling.alpha.kubernetes.io/metrics'

export const horizontalpodautoscalers: ResourceRules = {
  defaults: {
    v1(object) {
      object.spec ??= {}
      object.spec.minReplicas ??= 1
      // Where there is nothing else to scale by. Conversion would do the same, but what it adds has no owner.
      if (object.metadata.annotations?.[otherMetrics] === undefined)
        object.spec.targetCPUUtilizationPercentage ??= defaultUtilization
    },
    v2: setDefaults,
  },
  prepareForCreate({ spec }, context) {
    dropTolerance(spec ?? {}, undefined, context)
  },
  validate({ spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, errors, context)
  },
  prepareForUpdate({ spec }, old, context) {
    dropTolerance(spec ?? {}, old.spec, context)
  },
  validateUpdate({ spec }, old, errors, context) {
    validateSpec(spec ?? {}, old.spec ?? {}, errors, context)
  },
  validateStatusUpdate({ status }, _old, errors) {
    nonNegative(errors, 'status.currentReplicas', status?.currentReplicas)
    nonNegative(errors, 'status.desiredReplicas', status?.desiredReplicas)
  },
}

function setDefaults(object: KubeObject): void {
  object.spec ??= {}
  const spec: AutoscalerSpec = object.spec
  spec.minReplicas ??= 1
  if (!spec.metrics?.length)
    spec.metrics = [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: defaultUtilization } },
      },
    ]
  const { behavior } = spec
  if (!behavior) return
  behavior.scaleUp = withDefaults(behavior.scaleUp, 'up')
  behavior.scaleDown = withDefaults(behavior.scaleDown, 'down')
}

function dropTolerance({ behavior }: AutoscalerSpec, old: AutoscalerSpec | undefined, { enabled }: RuleContext): void {
  if (enabled('HPAConfigurableTolerance')) return
  const { scaleUp, scaleDown } = old?.behavior ?? {}
  if (scaleUp?.tolerance !== undefined || scaleDown?.tolerance !== undefined) return
  delete behavior?.scaleUp?.tolerance
  delete behavior?.scaleDown?.tolerance
}

/** Source: validateHorizontalPodAutoscalerSpec and the strategy's options for it. */
function validateSpec(
  spec: AutoscalerSpec,
  old: AutoscalerSpec | undefined,
  errors: FieldErrors,
  { enabled }: RuleContext,
): void {
  const { minReplicas, maxReplicas = 0, scaleTargetRef: target = {}, metrics = [], behavior } = spec
  const atLeast = enabled('HPAScaleToZero') || old?.minReplicas === 0 ? 0 : 1
  if (minReplicas !== undefined && minReplicas < atLeast)
    errors.invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${atLeast}`)
  if (maxReplicas === 0) errors.required('spec.maxReplicas', 'must be set and greater than 0')
  else if (maxReplicas < 0) errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1')
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  validateReference(target, 'spec.scaleTargetRef', errors, targetOptions(spec, old))
  validateMetrics(metrics, minReplicas, 'spec.metrics', errors, metricOptions(old))
  if (behavior?.scaleUp) validateScalingRules(behavior.scaleUp, 'spec.behavior.scaleUp', errors)
  if (behavior?.scaleDown) validateScalingRules(behavior.scaleDown, 'spec.behavior.scaleDown', errors)
}

/** A target that stays may keep a wrong version; of what scales, only replication controllers are in the core group. */
function targetOptions({ scaleTargetRef: ref }: AutoscalerSpec, old: AutoscalerSpec | undefined): ReferenceOptions {
  const before = old?.scaleTargetRef
  const kept =
    old !== undefined &&
    (before?.apiVersion ?? '') === (ref?.apiVersion ?? '') &&
    (before?.kind ?? '') === (ref?.kind ?? '')
  return { allowAnyVersion: kept, allowCoreGroup: !kept && ref?.kind === 'ReplicationController' }
}

function metricOptions(old: AutoscalerSpec | undefined): ReferenceOptions {
  const strict = { allowAnyVersion: false, allowCoreGroup: true }
  const wasWrong = old?.metrics?.some(
    ({ type, object }) =>
      type === 'Object' && object && wrongVersion(object.describedObject ?? {}, strict) !== undefined,
  )
  return { ...strict, allowAnyVersion: wasWrong ?? false }
}
