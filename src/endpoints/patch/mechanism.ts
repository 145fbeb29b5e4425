import type { KubeObject } from '../../api/index.js'

/** Makes the new object, in the scope's version, out of the live one. Upstream: patchMechanism. */
export interface Mechanism {
  /** What is not there is created. */
  readonly creates: boolean
  /**
   * `live` is undefined only where `creates`. Called again after a conflict; must not change `live`.
   * @param size of the live object, in bytes of JSON
   */
  patch(live: KubeObject | undefined, size: number): Promise<KubeObject> | KubeObject
}

export const jsonPatchType = 'application/json-patch+json'
export const mergePatchType = 'application/merge-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'
export const applyPatchType = 'application/apply-patch+yaml'
export const applyCborPatchType = 'application/apply-patch+cbor'
