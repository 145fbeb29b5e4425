import { equalJson, FieldErrors, immutable, type KubeObject, rfc3339, validateObjectMeta } from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import { deprecatedNodeLabels } from '../node/deprecated-labels.js'
import type { ResourceRules } from '../rules.js'
import {
  attributesClassOff,
  type PersistentVolumeSpec,
  persistentVolumeSources,
  validateVolumeSpec,
} from './persistent-volume-spec.js'
import { roundResourceList } from './pod/index.js'
import { jsonDiff } from './pod/unified-diff.js'
import { classAnnotation, mountOptionsAnnotation } from './volume-annotations.js'

/** What a volume is backed by stays; how it may be used and where may be told later. */
export const persistentVolumes: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1(object) {
      object.status ??= {}
      object.status.phase ||= 'Pending'
      object.spec ??= {}
      const spec: PersistentVolumeSpec = object.spec
      spec.persistentVolumeReclaimPolicy ||= 'Retain'
      spec.volumeMode ??= 'Filesystem'
      if (spec.hostPath) spec.hostPath.type ??= ''
      roundResourceList(spec.capacity)
    },
  },
  prepareForCreate(object, { now, enabled }) {
    if (!enabled(attributesClass)) delete specOf(object).volumeAttributesClassName
    object.status = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(now()) }
  },
  validate(object, errors) {
    validateVolumeSpec(specOf(object), object.metadata.name ?? '', false, errors)
    validateMountOptions(object, errors)
  },
  prepareForUpdate(object, old, { enabled }) {
    if (!enabled(attributesClass) && specOf(old).volumeAttributesClassName == null)
      delete specOf(object).volumeAttributesClassName
  },
  validateUpdate(object, old, errors, { enabled }) {
    const name = object.metadata.name ?? ''
    const tolerant = hadInvalidLabels(specOf(old))
    // Upstream checks all of it twice; its mount options in between.
    for (const again of [false, true]) {
      validateObjectMeta(object.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
      validateVolumeSpec(specOf(object), name, tolerant, errors)
      if (!again) validateMountOptions(object, errors)
    }
    validateChange(specOf(object), specOf(old), enabled, errors)
  },
  prepareForStatusUpdate(object, old, { now }) {
    const status = object.status ?? {}
    const before = old.status ?? {}
    // Null is the zero time here: a time that was given.
    const given = status.lastPhaseTransitionTime
    if (status.phase === before.phase) {
      if (given === undefined && before.lastPhaseTransitionTime != null) {
        status.lastPhaseTransitionTime = before.lastPhaseTransitionTime
      }
    } else if (given === undefined || given === before.lastPhaseTransitionTime) {
      status.lastPhaseTransitionTime = rfc3339(now())
    }
    object.status = status
  },
  warnings: (object, old, { subresource }) => (subresource === 'status' && old !== undefined ? [] : warningsOf(object)),
}

const attributesClass = 'VolumeAttributesClass'

const specOf = (object: KubeObject): PersistentVolumeSpec => object.spec ?? {}

/** Volumes that cannot be mounted with options. */
function validateMountOptions(object: KubeObject, errors: FieldErrors): void {
  if (!Object.hasOwn(object.metadata.annotations ?? {}, mountOptionsAnnotation)) return
  const spec = specOf(object)
  if (withMountOptions.some((source) => spec[source] != null)) return
  errors.forbidden(
    `metadata.annotations.${mountOptionsAnnotation}`,
    'may not specify mount options for this volume type',
  )
}

const withMountOptions = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const

/** Source: pkg/apis/core/validation, ValidatePersistentVolumeUpdate. */
function validateChange(
  spec: PersistentVolumeSpec,
  old: PersistentVolumeSpec,
  enabled: (gate: string) => boolean,
  errors: FieldErrors,
): void {
  let after = spec
  // A secret for expansion may be named later.
  if (old.csi && old.csi.controllerExpandSecretRef == null && spec.csi?.controllerExpandSecretRef != null) {
    const { controllerExpandSecretRef: _, ...csi } = spec.csi
    after = { ...spec, csi }
  }
  if (persistentVolumeSources.some((source) => !equalJson(after[source] ?? undefined, old[source] ?? undefined))) {
    const difference = jsonDiff(
      internalForm(old, 'core.v1.PersistentVolumeSource'),
      internalForm(after, 'core.v1.PersistentVolumeSource'),
    )
    errors.forbidden(
      'spec.persistentvolumesource',
      `spec.persistentvolumesource is immutable after creation\n${difference}`,
    )
  }
  immutable(errors, 'volumeMode', spec.volumeMode, old.volumeMode)
  if (
    !enabled('MutablePVNodeAffinity') &&
    old.nodeAffinity != null &&
    !sameAffinity(spec.nodeAffinity, old.nodeAffinity)
  ) {
    const told = spec.nodeAffinity == null ? null : internalForm(spec.nodeAffinity, 'core.v1.VolumeNodeAffinity')
    errors.invalid('nodeAffinity', told, 'field is immutable, except for updating from beta label to GA')
  }
  if (!enabled(attributesClass) && (spec.volumeAttributesClassName ?? null) !== (old.volumeAttributesClassName ?? null))
    errors.forbidden('spec.volumeAttributesClassName', attributesClassOff)
  if (old.volumeAttributesClassName != null && spec.volumeAttributesClassName == null) {
    errors.forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden')
  }
}

const generallyAvailable: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

type Affinity = PersistentVolumeSpec['nodeAffinity']

function sameAffinity(affinity: Affinity, old: Affinity): boolean {
  const terms = affinity?.required?.nodeSelectorTerms ?? []
  const before = old?.required?.nodeSelectorTerms ?? []
  if ((affinity == null) !== (old == null) || terms.length !== before.length) return false
  return before.every((term, i) =>
    (['matchExpressions', 'matchFields'] as const).every((field) => {
      const own = terms[i]?.[field] ?? []
      const had = term[field] ?? []
      return own.length === had.length && had.every((requirement, j) => sameRequirement(own[j]!, requirement))
    }),
  )
}

function sameRequirement(own: { readonly key?: string }, old: { readonly key?: string }): boolean {
  // As upstream, a key that is no beta label may go altogether.
  const moved = own.key !== old.key && (generallyAvailable[old.key ?? ''] ?? '') === (own.key ?? '')
  return equalJson(own, moved ? { ...old, key: own.key } : old)
}

function hadInvalidLabels(old: PersistentVolumeSpec): boolean {
  const only: PersistentVolumeSpec = { nodeAffinity: old.nodeAffinity }
  const [strict, tolerant] = [new FieldErrors(), new FieldErrors()]
  validateVolumeSpec(only, '', false, strict)
  validateVolumeSpec(only, '', true, tolerant)
  return strict.list.length > tolerant.list.length
}

function warningsOf(object: KubeObject): string[] {
  const spec = specOf(object)
  const annotations = object.metadata.annotations ?? {}
  const warnings: string[] = []
  for (const [name, why] of [
    [classAnnotation, 'deprecated since v1.8; use "storageClassName" attribute instead'],
    [mountOptionsAnnotation, 'deprecated since v1.31; use "mountOptions" attribute instead'],
  ] as const) {
    if (Object.hasOwn(annotations, name)) warnings.push(`metadata.annotations[${name}]: ${why}`)
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    warnings.push(
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    )
  }
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach(({ matchExpressions }, i) => {
    matchExpressions?.forEach(({ key: label = '' }, j) => {
      const why = deprecatedNodeLabels.get(label)
      const at = `spec.nodeAffinity.required.nodeSelectorTerms[${i}].matchExpressions[${j}].key`
      if (why !== undefined) warnings.push(`${at}: ${label} is ${why}`)
    })
  })
  for (const [source, path, deprecated, gone] of goneSources) {
    if (spec[source] != null) warnings.push(`spec.${path}: deprecated in ${deprecated}, non-functional in ${gone}+`)
  }
  return warnings
}

const goneSources = [
  ['cephfs', 'cephfs', 'v1.28', 'v1.31'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'v1.11', 'v1.16'],
  ['scaleIO', 'scaleIO', 'v1.16', 'v1.22'],
  ['storageos', 'storageOS', 'v1.22', 'v1.25'],
  ['glusterfs', 'glusterfs', 'v1.25', 'v1.26'],
  ['rbd', 'rbd', 'v1.28', 'v1.31'],
] as const
