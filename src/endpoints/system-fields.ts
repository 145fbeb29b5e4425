import type { ObjectMeta } from '../api/index.js'

const systemFields = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'uid',
  'selfLink',
] as const

/** Takes away what only the server may say about a new object. Source: apiserver pkg/registry/rest, WipeObjectMetaSystemFields. */
export function wipeSystemFields(metadata: ObjectMeta): void {
  for (const field of systemFields) delete metadata[field]
}
