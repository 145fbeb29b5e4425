import {
  asSent,
  atMost100Percent,
  child,
  dns1123Label,
  equalJson,
  FieldErrors,
  index,
  type KubeObject,
  type LabelSelectorSpec,
  nonNegative,
  parseQuantity,
  quote,
  sortedMap,
  validateAnnotations,
  validateLabels,
} from '../../api/index.js'
import { validateClaimSpec } from '../core/pod/claim-spec.js'
import {
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodTemplateSpec,
  podTemplateOptions,
  podTemplateWarnings,
  roundResourceList,
  type Volume,
  validatePodTemplateSpec,
} from '../core/pod/index.js'
import { semanticEqual } from '../core/pod/semantic-equal.js'
import { validatePodAnnotations } from '../core/pod/validate-annotations.js'
import type { PersistentVolumeClaimSpec } from '../core/pod/volume-types.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { figureOf, type IntOrString, positiveIntOrPercent } from './rolling-updates.js'
import { selectorText, validateWorkloadSelector } from './selectors.js'
import { collisionCountGrows, countsAtMost, countsNonNegative } from './status.js'

interface StatefulSetSpec {
  replicas?: number
  selector?: LabelSelectorSpec | null
  template?: PodTemplateSpec
  volumeClaimTemplates?: ClaimTemplate[]
  serviceName?: string
  podManagementPolicy?: string
  updateStrategy?: StatefulSetUpdateStrategy
  revisionHistoryLimit?: number
  minReadySeconds?: number
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
  ordinals?: { start?: number }
}

interface StatefulSetUpdateStrategy {
  type?: string
  rollingUpdate?: { partition?: number; maxUnavailable?: IntOrString }
}

interface ClaimTemplate {
  kind?: string
  apiVersion?: string
  metadata?: { name?: string }
  spec?: PersistentVolumeClaimSpec
  status?: { phase?: string; capacity?: Record<string, string>; allocatedResources?: Record<string, string> }
}

export const statefulsets: ResourceRules = {
  name: 'dns1123Label',
  generation: true,
  scale: { selector: selectorText },
  defaults: { v1: setDefaults },
  prepareForCreate({ spec }, context) {
    dropMaxUnavailable(spec, undefined, context)
    dropDisabledTemplateFields(spec?.template, undefined, context)
  },
  validate({ spec }, errors, context) {
    validateSpec(spec ?? {}, undefined, 'spec', errors, context, creating)
  },
  prepareForUpdate({ spec }, old, context) {
    dropMaxUnavailable(spec, old.spec, context)
    dropDisabledTemplateFields(spec?.template, old.spec?.template, context)
  },
  validateUpdate(object, old, errors, context) {
    const spec: StatefulSetSpec = object.spec ?? {}
    const before: StatefulSetSpec = old.spec ?? {}
    // What was stored when rules were laxer may stay: an invalid template may be left as it is or be made better.
    const oldErrors = new FieldErrors()
    validateSpec(before, before, '', oldErrors, context, { ...updating, template: true })
    validateSpec(spec, before, 'spec', errors, context, { ...updating, template: oldErrors.empty })
    if (!fixedFields.every((field) => equalJson(spec[field], before[field])) || !sameClaims(spec, before))
      errors.forbidden('spec', onlySome)
  },
  validateStatusUpdate(object, old, errors) {
    const status = object.status ?? {}
    countsNonNegative(errors, 'status', status, ['replicas', ...parts, 'observedGeneration', 'collisionCount'])
    countsAtMost(errors, 'status', status, parts, 'replicas', 'cannot be greater than status.replicas')
    const detail = 'cannot be greater than status.readyReplicas'
    countsAtMost(errors, 'status', status, ['availableReplicas'], 'readyReplicas', detail)
    collisionCountGrows(errors, status, old.status ?? {})
  },
  warnings(object, old, { subresource }) {
    if (subresource === 'status') return []
    const spec: StatefulSetSpec = object.spec ?? {}
    const changed = old === undefined || object.metadata.generation !== old.metadata.generation
    const texts = changed ? podTemplateWarnings('spec.template', spec.template, old?.spec?.template) : []
    spec.volumeClaimTemplates?.forEach((claim, i) => {
      const at = index('spec.volumeClaimTemplates', i)
      texts.push(...claimWarnings(old === undefined ? at : `${at}.Spec`, claim))
    })
    if (spec.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit < 0)
      texts.push(
        'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
      )
    return texts
  },
}

/** Amounts may be written in another way. */
function sameClaims({ volumeClaimTemplates: now = [] }: StatefulSetSpec, old: StatefulSetSpec): boolean {
  const before = old.volumeClaimTemplates ?? []
  return now.length === before.length && now.every((one, i) => semanticEqual(one, before[i], 'PersistentVolumeClaim'))
}

const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']
const fixedFields = ['selector', 'serviceName', 'podManagementPolicy'] as const
const onlySome =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

/** Which parts are looked at: what cannot change is not judged again. */
interface Scope {
  readonly serviceName: boolean
  readonly template: boolean
  readonly volumeClaimTemplates: boolean
}
const creating: Scope = { serviceName: true, template: true, volumeClaimTemplates: true }
const updating: Scope = { serviceName: false, template: true, volumeClaimTemplates: false }

function setDefaults(object: KubeObject, enabled?: (gate: string) => boolean): void {
  object.spec ??= {}
  const spec: StatefulSetSpec = object.spec
  spec.podManagementPolicy ||= 'OrderedReady'
  spec.updateStrategy ??= {}
  const { updateStrategy } = spec
  if (!updateStrategy.type) {
    updateStrategy.type = 'RollingUpdate'
    updateStrategy.rollingUpdate ??= {}
  }
  if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate) {
    updateStrategy.rollingUpdate.partition ??= 0
    if (enabled?.('MaxUnavailableStatefulSet')) updateStrategy.rollingUpdate.maxUnavailable ??= 1
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain'
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  spec.template ??= {}
  defaultPodTemplate(spec.template)
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.kind = 'PersistentVolumeClaim'
    claim.apiVersion = 'v1'
    claim.spec ??= {}
    claim.spec.volumeMode ??= 'Filesystem'
    claim.status ??= {}
    claim.status.phase ||= 'Pending'
    for (const list of [claim.spec.resources?.limits, claim.spec.resources?.requests]) roundResourceList(list)
    for (const list of [claim.status.capacity, claim.status.allocatedResources]) roundResourceList(list)
  }
}

/** Taken away without its feature gate; what an old object has, stays. */
function dropMaxUnavailable(
  spec: StatefulSetSpec | undefined,
  old: StatefulSetSpec | undefined,
  { enabled }: RuleContext,
): void {
  const rollingUpdate = spec?.updateStrategy?.rollingUpdate
  if (rollingUpdate === undefined || enabled('MaxUnavailableStatefulSet')) return
  if (old?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) delete rollingUpdate.maxUnavailable
}

/** Source: ValidateStatefulSetSpec. */
function validateSpec(
  spec: StatefulSetSpec,
  old: StatefulSetSpec | undefined,
  path: string,
  errors: FieldErrors,
  context: RuleContext,
  scope: Scope,
): void {
  const { podManagementPolicy: policy = '', persistentVolumeClaimRetentionPolicy: retention, serviceName = '' } = spec
  const policyPath = child(path, 'podManagementPolicy')
  if (policy === '') errors.required(policyPath)
  else if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.invalid(policyPath, policy, "must be 'OrderedReady' or 'Parallel'")
  validateUpdateStrategy(spec.updateStrategy ?? {}, child(path, 'updateStrategy'), errors)
  if (retention !== undefined) {
    const at = child(path, 'persistentVolumeClaimRetentionPolicy')
    for (const when of ['whenDeleted', 'whenScaled'] as const) {
      const value = retention[when] ?? ''
      if (value !== 'Retain' && value !== 'Delete')
        errors.notSupportedInOrder(child(at, when), value, ['Retain', 'Delete'])
    }
  }
  if (scope.volumeClaimTemplates)
    spec.volumeClaimTemplates?.forEach((claim, i) => {
      validateClaimSpec(claim.spec ?? {}, `${child(path, 'volumeClaimTemplates')}[${i}].spec`, errors)
    })
  nonNegative(errors, child(path, 'replicas'), spec.replicas)
  nonNegative(errors, child(path, 'minReadySeconds'), spec.minReadySeconds)
  nonNegative(errors, child(path, 'ordinals.start'), spec.ordinals?.start)
  if (scope.serviceName && serviceName !== '') dns1123Label(errors, child(path, 'serviceName'), serviceName)
  const selector = validateWorkloadSelector(spec.selector, 'statefulset', '', path, errors)
  const template = child(path, 'template')
  if (selector !== undefined) {
    const labels = asSent(spec.template?.metadata, 'labels')
    if (!selector.empty && !selector.matches(labels)) {
      const told = labels === undefined ? undefined : sortedMap(labels)
      errors.invalid(child(template, 'metadata.labels'), told, '`selector` does not match template `labels`')
    }
    const options = podTemplateOptions(spec.template, old?.template, context)
    if (scope.template) validatePodTemplateSpec(asControllerMakesIt(spec), template, errors, options)
    // Upstream looks at these twice.
    validateLabels(labels, child(template, 'labels'), errors)
    const annotations = spec.template?.metadata?.annotations
    validateAnnotations(annotations, child(template, 'annotations'), errors)
    validatePodAnnotations(annotations, spec.template?.spec ?? {}, child(template, 'annotations'), errors, options)
  }
  const { restartPolicy = '', activeDeadlineSeconds } = spec.template?.spec ?? {}
  if (restartPolicy !== 'Always') errors.notSupported(child(template, 'spec.restartPolicy'), restartPolicy, ['Always'])
  if (activeDeadlineSeconds !== undefined)
    errors.forbidden(
      child(template, 'spec.activeDeadlineSeconds'),
      'activeDeadlineSeconds in StatefulSet is not Supported',
    )
}

/** The template with what the controller will put in: its own host name and domain, and the claims as volumes. */
function asControllerMakesIt({ template = {}, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { subdomain, hostname, ...spec } = template.spec ?? {}
  if (volumeClaimTemplates.length === 0) return subdomain || hostname ? { ...template, spec } : template
  const volumes = new Map<string, Volume>()
  for (const { metadata } of volumeClaimTemplates) {
    const name = metadata?.name ?? ''
    volumes.set(name, { name, persistentVolumeClaim: { claimName: name } })
  }
  const others = spec.volumes?.filter(({ name }) => !volumes.has(name ?? '')) ?? []
  return { ...template, spec: { ...spec, volumes: [...volumes.values(), ...others] } }
}

function validateUpdateStrategy(strategy: StatefulSetUpdateStrategy, path: string, errors: FieldErrors): void {
  const { type = '', rollingUpdate } = strategy
  const at = child(path, 'rollingUpdate')
  const told = rollingUpdate && {
    Partition: rollingUpdate.partition ?? 0,
    MaxUnavailable: rollingUpdate.maxUnavailable ?? null,
  }
  if (type === '') errors.required(path)
  else if (type === 'OnDelete') {
    if (rollingUpdate !== undefined) errors.invalid(at, told, "only allowed for updateStrategy 'RollingUpdate'")
  } else if (type !== 'RollingUpdate') {
    errors.invalid(path, { Type: type, RollingUpdate: told ?? null }, "must be 'RollingUpdate' or 'OnDelete'")
  } else if (rollingUpdate !== undefined) {
    const { partition, maxUnavailable } = rollingUpdate
    nonNegative(errors, child(at, 'partition'), partition)
    if (maxUnavailable === undefined) return
    positiveIntOrPercent(errors, child(at, 'maxUnavailable'), maxUnavailable)
    if (figureOf(maxUnavailable) === 0) errors.invalid(child(at, 'maxUnavailable'), maxUnavailable, 'cannot be 0')
    atMost100Percent(errors, child(at, 'maxUnavailable'), maxUnavailable)
  }
}

/** Source: GetWarningsForPersistentVolumeClaimSpec. */
function claimWarnings(path: string, { spec }: ClaimTemplate): string[] {
  const texts: string[] = []
  for (const list of ['requests', 'limits'] as const) {
    const storage = spec?.resources?.[list]?.storage
    if (storage === undefined) continue
    const quantity = parseQuantity(storage)
    if (!quantity.isWhole)
      texts.push(
        `${path}.resources.${list}[storage]: fractional byte value ${quote(quantity.toString())} is invalid, ` +
          'must be an integer',
      )
  }
  return texts
}
