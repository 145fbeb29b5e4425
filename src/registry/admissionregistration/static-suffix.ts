import type { FieldErrors, KubeObject } from '../../api/index.js'
import type { RuleContext } from '../rules.js'

/** Names of this form belong to configuration that the server reads from files. */
const staticSuffix = '.static.k8s.io'
const staticManifests = 'ManifestBasedAdmissionControlConfig'

const reserved = `names ending with "${staticSuffix}" are reserved for static manifest-based configurations and cannot be managed via the API`

/** Where the gate is on new objects with such a name are refused; here is what the others hear. */
export function staticSuffixWarnings(
  { metadata: { name = '' } }: KubeObject,
  old: KubeObject | undefined,
  { enabled }: RuleContext,
): readonly string[] {
  if (!name.endsWith(staticSuffix) || (old === undefined && enabled(staticManifests))) return []
  return [`metadata.name: ${reserved}`]
}

export function refuseStaticSuffix({ metadata }: KubeObject, errors: FieldErrors, { enabled }: RuleContext): void {
  if (metadata.name?.endsWith(staticSuffix) && enabled(staticManifests))
    errors.invalid('metadata.name', metadata.name, reserved)
}
