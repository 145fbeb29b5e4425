import { apiVersionOf, fillDefaults, type KubeObject, kindShape, type StructShape } from '../api/index.js'
import type { ResourceVersion } from './resource.js'

/**
 * A version of a built-in kind that no resource stores: what subresources take in (Eviction, Binding, TokenRequest).
 *
 * @param defaults beyond the `+default` values of the facts
 */
export function unstoredVersion(
  group: string,
  version: string,
  kind: string,
  defaults?: (object: KubeObject) => void,
): ResourceVersion {
  let compiled: StructShape | undefined
  const same = (object: KubeObject): KubeObject => object
  return {
    group,
    version,
    apiVersion: apiVersionOf({ group, version }),
    kind,
    listKind: `${kind}List`,
    get shape() {
      compiled ??= kindShape(group, version, kind)
      if (compiled === undefined) throw new Error(`no facts about ${kind} in ${group}/${version}`)
      return compiled
    },
    defaults(object) {
      fillDefaults(object, this.shape)
      defaults?.(object)
    },
    toStorage: same,
    fromStorage: same,
  }
}
