import { type FieldErrors, index, type ObjectMeta } from '../api/index.js'
import type { ResourceRules } from './rules.js'

const standard: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/**
 * What most built-in kinds ask of finalizers beyond what all kinds do: a name without a domain has to be one of Kubernetes'
 * own. Source: pkg/apis/core/validation, ValidateObjectMeta and ValidateObjectMetaUpdate.
 */
export function validateKubeFinalizers({ finalizers }: ObjectMeta, errors: FieldErrors): void {
  finalizers?.forEach((name, i) => {
    if (name.includes('/') || standard.has(name)) return
    const detail = 'name is neither a standard finalizer name nor is it fully qualified'
    errors.invalid(index('metadata.finalizers', i), name, detail)
  })
}

/** Groups whose kinds are validated with apimachinery's rules of object metadata only. */
const plainGroups: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'coordination.k8s.io',
  'events.k8s.io',
  'node.k8s.io',
  'policy',
])

/**
 * Kinds whose validation of an update asks more than once, by way of that of a new object: all causes are told then, the
 * text once. Source: what their strategies' ValidateUpdate calls.
 */
const askedAgain: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  '': {
    configmaps: 2,
    endpoints: 2,
    namespaces: 2,
    nodes: 3,
    persistentvolumeclaims: 2,
    persistentvolumes: 2,
    secrets: 2,
    serviceaccounts: 2,
  },
  apps: { controllerrevisions: 2, statefulsets: 2 },
  batch: { jobs: 2 },
  'certificates.k8s.io': { certificatesigningrequests: 2, clustertrustbundles: 2 },
  'internal.apiserver.k8s.io': { storageversions: 0 },
  'networking.k8s.io': { ingressclasses: 2, ingresses: 2, ipaddresses: 2 },
  'rbac.authorization.k8s.io': { clusterrolebindings: 2, clusterroles: 2, rolebindings: 2, roles: 2 },
  'resource.k8s.io': { deviceclasses: 2, resourceclaims: 2, resourceclaimtemplates: 2 },
  'storagemigration.k8s.io': { storageversionmigrations: 2 },
  'storage.k8s.io': { csistoragecapacities: 2, storageclasses: 2, volumeattributesclasses: 2 },
}

/** The rules of a kind, with that check before them where upstream has it. */
export function withKubeFinalizers(group: string, resource: string, rules: ResourceRules): ResourceRules {
  if (plainGroups.has(group) || resource === 'events') return rules
  const { validate, validateUpdate, validateStatusUpdate } = rules
  const times = askedAgain[group]?.[resource] ?? 1
  return {
    ...rules,
    validate(object, errors, context) {
      if (!rules.ownMetadata) validateKubeFinalizers(object.metadata, errors)
      validate?.call(rules, object, errors, context)
    },
    ...(validateUpdate && {
      validateUpdate(object, old, errors, context) {
        for (let time = 0; time < times; time++) validateKubeFinalizers(object.metadata, errors)
        validateUpdate.call(rules, object, old, errors, context)
      },
    }),
    validateStatusUpdate(object, old, errors, context) {
      validateKubeFinalizers(object.metadata, errors)
      validateStatusUpdate?.call(rules, object, old, errors, context)
    },
  }
}
