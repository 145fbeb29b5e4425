import { child, type FieldErrors, index, type ObjectMeta } from '../../api/index.js'

const standard: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/**
 * What the core group's kinds ask of finalizers beyond what all kinds do: a name without a domain has to be one of
 * Kubernetes' own. Source: pkg/apis/core/validation, ValidateObjectMeta and ValidateObjectMetaUpdate.
 */
export function validateKubeFinalizers({ finalizers }: ObjectMeta, errors: FieldErrors): void {
  finalizers?.forEach((name, i) => {
    if (name.includes('/') || standard.has(name)) return
    const detail = 'name is neither a standard finalizer name nor is it fully qualified'
    errors.invalid(index(child('metadata', 'finalizers'), i), name, detail)
  })
}
