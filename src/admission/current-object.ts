import { type KubeObject, keepSent, setOwn } from '../api/index.js'
import type { GroupVersionKind } from '../registry/index.js'
import type { AdmissionAttributes } from './admission.js'
import { isSameKind } from './webhook/shown-objects.js'

/** The objects of a request in one version. */
export interface ShownObject {
  readonly kind: GroupVersionKind
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  /** Somebody has set it, if only to the same. */
  readonly changed: boolean
  change(object: KubeObject): void
}

/**
 * The object of a request while several change it one after the other, each in the version that it wants to see.
 * Upstream: admission.VersionedAttributes.
 */
export class CurrentObject {
  #shown: Version | undefined

  constructor(readonly attributes: AdmissionAttributes) {}

  /** As it is now, in whatever version. */
  get object(): KubeObject | undefined {
    return this.#shown?.object ?? this.attributes.object
  }

  /** The objects in a version of their kind, as those before have left them. They must be changed by `change` alone. */
  async show(kind: GroupVersionKind): Promise<ShownObject> {
    if (this.#shown !== undefined && isSameKind(this.#shown.kind, kind)) return this.#shown
    await this.keep()
    const { views, object, oldObject } = this.attributes
    const show = async (each: KubeObject | undefined): Promise<KubeObject | undefined> =>
      each === undefined || views === undefined ? each : await views.show(each, kind)
    this.#shown = new Version(kind, await show(object), await show(oldObject))
    return this.#shown
  }

  /** Makes the request's object what has become of it. */
  async keep(): Promise<void> {
    const shown = this.#shown
    this.#shown = undefined
    const { object, oldObject, views } = this.attributes
    if (shown?.changed !== true || shown.object === undefined || object === undefined) return
    const kept = views === undefined ? shown.object : await views.keep(shown.object, shown.kind, oldObject)
    replace(object, kept)
  }
}

class Version implements ShownObject {
  changed = false

  constructor(
    readonly kind: GroupVersionKind,
    public object: KubeObject | undefined,
    readonly oldObject: KubeObject | undefined,
  ) {}

  change(object: KubeObject): void {
    this.object = object
    this.changed = true
  }
}

/** In place: others hold on to the object. */
function replace(object: KubeObject, by: KubeObject): void {
  if (object === by) return
  for (const key of Object.keys(object)) if (!Object.hasOwn(by, key)) delete object[key]
  for (const key of Object.keys(by)) setOwn(object, key, by[key])
  keepSent(by, object)
}
