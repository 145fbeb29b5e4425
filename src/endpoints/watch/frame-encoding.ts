import type { KubeObject } from '../../api/index.js'
import type { BookmarkEvent } from '../../hub/index.js'
import type { StoredRecord } from '../../store/index.js'
import { type RequestScope, registryOf } from '../scope.js'

/**
 * How events become bytes for one form of answer. The object itself is what a shared event keeps its frame by, so there is
 * one for each scope and form, not one for each watcher.
 */
export interface FrameEncoding {
  object(event: { readonly type: string; readonly record: StoredRecord }): Buffer
  bookmark(event: BookmarkEvent): Buffer
  /** An ERROR event. */
  error(status: unknown): Buffer
}

/** An empty object of the kind that carries nothing but a resourceVersion. */
export function bookmarkObject(scope: RequestScope, { revision, initial }: BookmarkEvent): KubeObject {
  const { kind, apiVersion, shape } = scope.version
  const metadata = {
    resourceVersion: String(revision),
    ...(initial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  }
  return registryOf(scope).environment.normalize({ kind, apiVersion, metadata }, shape)
}
