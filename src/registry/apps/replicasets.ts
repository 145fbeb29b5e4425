import { type FieldErrors, immutable, type KubeObject, type LabelSelectorSpec, nonNegative } from '../../api/index.js'
import {
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodTemplateSpec,
  podTemplateOptions,
  validatePodTemplateForSelector,
} from '../core/pod/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { dropTerminatingReplicas, replicatedPodWarnings } from './deployments.js'
import { selectorText, validateWorkloadSelector } from './selectors.js'
import { countsAtMost, countsNonNegative } from './status.js'

interface ReplicaSetSpec {
  replicas?: number
  minReadySeconds?: number
  selector?: LabelSelectorSpec | null
  template?: PodTemplateSpec
}

export const replicasets: ResourceRules = {
  generation: true,
  scale: { selector: selectorText },
  defaults: {
    v1(object) {
      object.spec ??= {}
      const spec: ReplicaSetSpec = object.spec
      spec.replicas ??= 1
      spec.template ??= {}
      defaultPodTemplate(spec.template)
    },
  },
  prepareForCreate({ spec }, context) {
    dropDisabledTemplateFields(spec?.template, undefined, context)
  },
  validate({ spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, errors, context)
  },
  prepareForUpdate({ spec }, old, context) {
    dropDisabledTemplateFields(spec?.template, old.spec?.template, context)
  },
  validateUpdate({ spec }, old, errors, context) {
    validateSpec(spec ?? {}, old.spec, errors, context)
    immutable(errors, 'spec.selector', spec?.selector, old.spec?.selector)
  },
  prepareForStatusUpdate: dropTerminatingReplicas,
  validateStatusUpdate(object: KubeObject, _old, errors) {
    const status = object.status ?? {}
    countsNonNegative(errors, 'status', status, ['replicas', ...parts, 'observedGeneration', 'terminatingReplicas'])
    countsAtMost(errors, 'status', status, parts, 'replicas', 'cannot be greater than status.replicas')
    countsAtMost(
      errors,
      'status',
      status,
      ['availableReplicas'],
      'readyReplicas',
      'cannot be greater than readyReplicas',
    )
  },
  warnings: replicatedPodWarnings,
}

const parts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']

/** Source: ValidateReplicaSetSpec, its "deployment" included. */
function validateSpec(
  spec: ReplicaSetSpec,
  old: ReplicaSetSpec | undefined,
  errors: FieldErrors,
  context: RuleContext,
): void {
  nonNegative(errors, 'spec.replicas', spec.replicas)
  nonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds)
  const selector = validateWorkloadSelector(spec.selector, 'deployment', 'invalid label selector', 'spec', errors)
  if (selector === undefined) return
  const selects = selector.empty ? undefined : (labels: Readonly<Record<string, string>>) => selector.matches(labels)
  const options = podTemplateOptions(spec.template, old?.template, context)
  validatePodTemplateForSelector(spec.template ?? {}, selects, 'ReplicaSet', 'spec.template', errors, options)
}
