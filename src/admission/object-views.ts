import type { KubeObject } from '../api/index.js'
import type { GroupVersionKind } from '../registry/index.js'

/** A resource as requests name it, and the kind that goes in and out there. */
export interface ResourceView {
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly kind: GroupVersionKind
}

/**
 * The objects of one resource and subresource as clients know them, in whatever version: what those see who are written by
 * users, webhooks and policies. Promises are returned only where a conversion webhook has to be asked.
 */
export interface ObjectViews {
  /** Under which names the very same objects are served, the request's own among them. Upstream: EquivalentResourceMapper. */
  readonly equivalents: readonly ResourceView[]
  /** An object of the request in one of these kinds. It is shared: neither of the two may be changed. */
  show(object: KubeObject, kind: GroupVersionKind): KubeObject | Promise<KubeObject>
  /**
   * What has become of a shown object, typed and defaulted. Throws DecodeError.
   * @param strict unknown fields are an error. Default: they are dropped
   */
  read(value: unknown, kind: GroupVersionKind, strict?: boolean): KubeObject
  /**
   * The same of what a patch has made of it, which may say to be of another type.
   * Throws DecodeError, or ApiError where there is no way back from that type.
   */
  readPatched(value: unknown, kind: GroupVersionKind, strict?: boolean): KubeObject
  /**
   * A shown object with a configuration applied to it, nobody's: fields merge as they do in server-side apply. Throws Error.
   * @see apply mergeConfiguration
   */
  merge(shown: KubeObject, configuration: object, kind: GroupVersionKind): KubeObject
  /** The way back to what the registry works on. May change `shown`. */
  keep(shown: KubeObject, kind: GroupVersionKind, existing: KubeObject | undefined): KubeObject | Promise<KubeObject>
}
