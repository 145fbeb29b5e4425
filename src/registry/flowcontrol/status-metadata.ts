import type { KubeObject } from '../../api/index.js'

/** Status updates of this group take nothing of the new metadata but managedFields. In place. */
export function keepAllMetadata(object: KubeObject, old: KubeObject): void {
  const { managedFields } = object.metadata
  object.metadata = { ...old.metadata }
  if (managedFields === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = managedFields
}
