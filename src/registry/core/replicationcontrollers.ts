import {
  type FieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  type KubeObject,
  labelSelectorOfMap,
  nonNegative,
  sortedMap,
} from '../../api/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { defaultPodTemplate } from './pod/defaults.js'
import { dropDisabledTemplateFields } from './pod/disabled-fields.js'
import { podTemplateOptions } from './pod/ratcheting.js'
import { semanticEqual } from './pod/semantic-equal.js'
import type { ReplicationControllerStatus } from './pod/status-types.js'
import type { ReplicationControllerSpec } from './pod/types.js'
import { validatePodTemplateForSelector } from './pod/validate-template.js'
import { podTemplateWarnings } from './pod/warnings.js'

/** Source: pkg/registry/core/replicationcontroller/strategy.go. */
export const replicationcontrollers: ResourceRules = {
  garbageCollection: 'orphan',
  // Upstream does not look at generateName here.
  name: (name, prefix) => (prefix ? [] : isDns1123Subdomain(name)),
  defaults: { v1: applyDefaults },
  prepareForCreate(object, context) {
    object.metadata.generation = 1
    object.status = {}
    dropDisabledTemplateFields(object.spec?.template, undefined, context)
  },
  prepareForStatusUpdate: labelAsTemplate,
  prepareForUpdate(object, old, context) {
    dropDisabledTemplateFields(object.spec?.template, old.spec?.template, context)
    if (!semanticEqual(object.spec ?? {}, old.spec ?? {}, 'ReplicationControllerSpec')) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1
    }
  },
  validate(object, errors, context) {
    validateSpec(object.spec ?? {}, undefined, errors, context)
  },
  validateUpdate(object, old, errors, context) {
    validateSpec(object.spec ?? {}, old.spec ?? {}, errors, context)
    validateNonConvertible(object, old, errors)
  },
  validateStatusUpdate(object, _, errors) {
    validateStatus(object.status ?? {}, errors)
  },
  warnings(object, old, { subresource }) {
    if (subresource === 'status') return []
    if (old === undefined)
      return [...nameWarnings(object), ...podTemplateWarnings('spec.template', object.spec?.template)]
    if (old.metadata.generation === object.metadata.generation) return []
    // Upstream has the two mixed up: it is the old template that is looked at.
    return podTemplateWarnings('spec.template', old.spec?.template)
  },
  fields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  scale: { selector: ({ spec }) => labelSelectorOfMap(spec?.selector).toString() },
}

/** What controllers take from their template: the selector and the labels. */
function applyDefaults(object: KubeObject): void {
  const spec: ReplicationControllerSpec | undefined = object.spec
  if (!spec?.template) return
  const labels = spec.template.metadata?.labels
  if (labels) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
    labelAsTemplate(object)
  }
  defaultPodTemplate(spec.template)
}

function validateSpec(
  spec: ReplicationControllerSpec,
  old: ReplicationControllerSpec | undefined,
  errors: FieldErrors,
  context: RuleContext,
): void {
  const { minReadySeconds, selector, replicas, template } = spec
  nonNegative(errors, 'spec.minReadySeconds', minReadySeconds)
  const labels = labelSelectorOfMap(selector)
  if (labels.empty) errors.required('spec.selector')
  if (replicas === undefined) errors.required('spec.replicas')
  else nonNegative(errors, 'spec.replicas', replicas)
  const selects = labels.empty ? undefined : (of: Readonly<Record<string, string>>) => labels.matches(of)
  const options = podTemplateOptions(template, old?.template, context)
  validatePodTemplateForSelector(template, selects, 'ReplicationController', 'spec.template', errors, options)
}

const nonConvertible = 'non-convertible.kubernetes.io'

/** Fields that another version of the object could hold and this one could not. */
function validateNonConvertible(object: KubeObject, old: KubeObject, errors: FieldErrors): void {
  for (const [name, value] of Object.entries(old.metadata.annotations ?? {})) {
    const parts = name.split('/', 3)
    if (!name.startsWith(nonConvertible) || parts.length !== 2) continue
    const field = parts[1]!
    if (!field.includes('selector')) errors.notFound(field, value, 'unknown non-convertible field')
    else if (
      !semanticEqual({ selector: old.spec?.selector }, { selector: object.spec?.selector }, 'ReplicationControllerSpec')
    ) {
      const { selector } = object.spec ?? {}
      errors.invalid('spec.selector', selector && sortedMap(selector), 'cannot update non-convertible selector')
    }
  }
}

function validateStatus(status: ReplicationControllerStatus, errors: FieldErrors): void {
  const { replicas = 0, fullyLabeledReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  for (const field of [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'observedGeneration',
  ] as const) {
    nonNegative(errors, `status.${field}`, status[field])
  }
  const counts = { fullyLabeledReplicas, readyReplicas, availableReplicas }
  for (const [field, count] of Object.entries(counts)) {
    if (count > replicas) errors.invalid(`status.${field}`, count, 'cannot be greater than status.replicas')
  }
  if (availableReplicas > readyReplicas) {
    errors.invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')
  }
}

function nameWarnings({ metadata }: KubeObject): string[] {
  const wrong = isDns1123Label(metadata.name ?? '')
  if (wrong.length === 0) return []
  const text =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended'
  return [`metadata.name: ${text}: [${wrong.join(' ')}]`]
}

/** An object without labels has those of its pods, also once a status without them was stored: upstream reads it so. */
function labelAsTemplate({ metadata, spec }: KubeObject): void {
  const labels = spec?.template?.metadata?.labels
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
}
