import type { GroupVersionKind } from '../../registry/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { Shown } from './review.js'

/** The objects of a request in a version of its kind. */
export async function showObjects(
  { views, object, oldObject }: AdmissionAttributes,
  kind: GroupVersionKind,
): Promise<Shown> {
  if (views === undefined) return { object, oldObject }
  return {
    object: object === undefined ? undefined : await views.show(object, kind),
    oldObject: oldObject === undefined ? undefined : await views.show(oldObject, kind),
  }
}

export const isSameKind = (a: GroupVersionKind, b: GroupVersionKind): boolean =>
  a.group === b.group && a.version === b.version && a.kind === b.kind
