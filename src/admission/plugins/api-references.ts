import type { KubeObject } from '../../api/index.js'
import { referencesSecrets } from './service-account-secrets.js'

interface Container {
  readonly env?: readonly { readonly valueFrom?: { readonly configMapKeyRef?: { readonly name?: string } } }[]
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name?: string } }[]
}

/** What a volume refers to; of sources that are not here, nothing. */
const volumes: readonly (readonly [source: string, what: string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
]
const projections: readonly (readonly [source: string, what: string])[] = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
]

/** Which objects of the API a pod needs, the first kind found; undefined: none. Source: kubernetes pkg/api/pod, HasAPIObjectReference. */
export function apiReference({ spec = {} }: KubeObject): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts'
  if (referencesSecrets(spec)) return 'secrets'
  if (referencesConfigMaps(spec)) return 'configmaps'
  if ((spec.resourceClaims ?? []).length > 0) return 'resourceclaims'
  for (const volume of (spec.volumes ?? []) as Record<string, unknown>[]) {
    const found = volumes.find(([source]) => volume[source] !== undefined)
    if (found !== undefined) return found[1]
    const { sources = [] } = (volume.projected ?? {}) as { sources?: Record<string, unknown>[] }
    for (const projected of sources) {
      const what = projections.find(([source]) => projected[source] !== undefined)
      if (what !== undefined) return what[1]
    }
  }
  return undefined
}

function referencesConfigMaps(spec: KubeObject['spec']): boolean {
  const containers: Container[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  for (const { env = [], envFrom = [] } of containers) {
    if (env.some(({ valueFrom }) => valueFrom?.configMapKeyRef?.name)) return true
    if (envFrom.some(({ configMapRef }) => configMapRef?.name)) return true
  }
  const all: readonly {
    configMap?: { name?: string }
    projected?: { sources?: { configMap?: { name?: string } }[] }
  }[] = spec.volumes ?? []
  return all.some(
    ({ configMap, projected }) =>
      configMap?.name || projected?.sources?.some(({ configMap: projectedMap }) => projectedMap?.name),
  )
}
