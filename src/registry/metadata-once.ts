/** Updates of which the object itself, its status, or both are meant. */
type Where = 'main' | 'status' | 'both'

/**
 * Kinds whose strategies do not call `ValidateObjectMetaUpdate` again after the registry did: causes are told once. Source: what
 * their ValidateUpdate calls.
 */
const once: Readonly<Record<string, Readonly<Record<string, Where>>>> = {
  '': { events: 'both', limitranges: 'both', persistentvolumes: 'main' },
  'admissionregistration.k8s.io': {
    mutatingadmissionpolicies: 'both',
    mutatingadmissionpolicybindings: 'both',
    mutatingwebhookconfigurations: 'both',
    validatingadmissionpolicies: 'both',
    validatingadmissionpolicybindings: 'both',
    validatingwebhookconfigurations: 'both',
  },
  batch: { cronjobs: 'status' },
  'discovery.k8s.io': { endpointslices: 'both' },
  'flowcontrol.apiserver.k8s.io': { flowschemas: 'both', prioritylevelconfigurations: 'both' },
  'internal.apiserver.k8s.io': { storageversions: 'both' },
  policy: { poddisruptionbudgets: 'both' },
  'storage.k8s.io': { csinodes: 'both', volumeattachments: 'both' },
}

export function checksMetadataOnce(group: string, resource: string, subresource: string): boolean {
  const where = once[group]?.[resource]
  return where === 'both' || where === (subresource === '' ? 'main' : 'status')
}
