import { equalJson, type KubeObject, type OwnerReference } from '../api/index.js'
import type { RequestContext } from '../http/index.js'

/**
 * Drops owner references that are there twice, with a warning. Before and after mutating admission the warnings differ.
 * Source: apiserver pkg/endpoints/handlers/rest.go.
 */
export function dedupeOwners({ metadata }: KubeObject, context: RequestContext, admitted: boolean): void {
  const references = metadata.ownerReferences
  if (references === undefined || references.length < 2) return
  const kept: OwnerReference[] = []
  const duplicates: string[] = []
  for (const reference of references)
    if (kept.some((other) => equalJson(other, reference))) duplicates.push(reference.uid)
    else kept.push(reference)
  if (duplicates.length === 0) return
  metadata.ownerReferences = kept
  const uids = duplicates.join(', ')
  context.warnings.add(
    admitted
      ? `.metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`
      : `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  )
}
