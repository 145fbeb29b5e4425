import { type KubeObject, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccounts: ResourceRules = {
  returnDeletedObject: true,
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  validateUpdate(object, _, errors) {
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
  },
  warnings(object, old) {
    const newlySet = has(object, mountableSecrets) && !(old !== undefined && has(old, mountableSecrets))
    return newlySet
      ? [
          `metadata.annotations[${mountableSecrets}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : []
  },
}

/** Of references to secrets only the names mean anything. */
function keepSecretNames(object: KubeObject): void {
  const secrets: { name?: string }[] | undefined = object.secrets
  if (secrets) object.secrets = secrets.map(({ name }) => (name === undefined ? {} : { name }))
}

const has = ({ metadata }: KubeObject, annotation: string): boolean =>
  Object.hasOwn(metadata.annotations ?? {}, annotation)
