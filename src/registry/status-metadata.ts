import type { ObjectMeta } from '../api/index.js'

/**
 * A status update leaves the object's own metadata alone, managedFields aside. In place.
 * Source: apimachinery pkg/apis/meta/v1, ResetObjectMetaForStatus.
 */
export function keepMetadata(metadata: ObjectMeta, old: ObjectMeta): void {
  for (const field of kept) {
    if (old[field] === undefined) delete metadata[field]
    else (metadata as Record<string, unknown>)[field] = old[field]
  }
}

const kept = [
  'deletionTimestamp',
  'generation',
  'selfLink',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
] as const
