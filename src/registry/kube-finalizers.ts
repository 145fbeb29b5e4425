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

/** The rules of a kind, with that check before them where upstream has it. */
export function withKubeFinalizers(group: string, resource: string, rules: ResourceRules): ResourceRules {
  if (plainGroups.has(group) || resource === 'events') return rules
  const { validate, validateUpdate, validateStatusUpdate } = rules
  return {
    ...rules,
    validate(object, errors, context) {
      validateKubeFinalizers(object.metadata, errors)
      validate?.call(rules, object, errors, context)
    },
    ...(validateUpdate && {
      validateUpdate(object, old, errors, context) {
        validateKubeFinalizers(object.metadata, errors)
        validateUpdate.call(rules, object, old, errors, context)
      },
    }),
    validateStatusUpdate(object, old, errors, context) {
      validateKubeFinalizers(object.metadata, errors)
      validateStatusUpdate?.call(rules, object, old, errors, context)
    },
  }
}
