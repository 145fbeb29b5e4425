import type { GroupVersionKind } from '../../registry/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { Shown } from './review.js'

/** The objects of a request in a version of its kind. A promise only where somebody has to be asked for it. */
export function showObjects(
  { views, object, oldObject }: AdmissionAttributes,
  kind: GroupVersionKind,
): Shown | Promise<Shown> {
  if (views === undefined) return { object, oldObject }
  const shown = object === undefined ? undefined : views.show(object, kind)
  const shownOld = oldObject === undefined ? undefined : views.show(oldObject, kind)
  if (!(shown instanceof Promise) && !(shownOld instanceof Promise)) return { object: shown, oldObject: shownOld }
  return Promise.all([Promise.resolve(shown), Promise.resolve(shownOld)]).then(([first, second]) => ({
    object: first,
    oldObject: second,
  }))
}

export const isSameKind = (a: GroupVersionKind, b: GroupVersionKind): boolean =>
  a.group === b.group && a.version === b.version && a.kind === b.kind
