import type { KubeObject } from '../../api/index.js'

/** A vertex of the node graph: `secret/namespace/name`. */
export type Vertex = string
export const vertex = (kind: string, namespace: string, name: string): Vertex => `${kind}/${namespace}/${name}`

// biome-ignore lint/suspicious/noExplicitAny: parts of pods and volumes, checked when they were written
type Part = any

/** What a pod's node may see for the pod's sake. Source: kubernetes pkg/api/v1/pod/util.go, node authorizer's graph.go. */
export function podReferences({ metadata, spec, status }: KubeObject): Vertex[] {
  // the kubelet makes mirror pods itself: they must not open anything to it
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return []
  const namespace = metadata.namespace ?? ''
  const found: Vertex[] = []
  const add = (kind: string, name: unknown): void => {
    if (typeof name === 'string' && name !== '') found.push(vertex(kind, namespace, name))
  }
  add('serviceaccount', spec?.serviceAccountName)
  for (const one of list(spec?.imagePullSecrets)) add('secret', one?.name)
  for (const key of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of list(spec?.[key])) {
      for (const from of list(container?.envFrom)) {
        add('secret', from?.secretRef?.name)
        add('configmap', from?.configMapRef?.name)
      }
      for (const { valueFrom } of list(container?.env)) {
        add('secret', valueFrom?.secretKeyRef?.name)
        add('configmap', valueFrom?.configMapKeyRef?.name)
      }
    }
  }
  for (const volume of list(spec?.volumes)) {
    add('secret', volume?.secret?.secretName)
    add('secret', volume?.azureFile?.secretName)
    for (const source of ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos']) {
      add('secret', volume?.[source]?.secretRef?.name)
    }
    add('secret', volume?.csi?.nodePublishSecretRef?.name)
    add('configmap', volume?.configMap?.name)
    for (const source of list(volume?.projected?.sources)) {
      add('secret', source?.secret?.name)
      add('configmap', source?.configMap?.name)
    }
    add('persistentvolumeclaim', volume?.persistentVolumeClaim?.claimName)
    if (volume?.ephemeral !== undefined) add('persistentvolumeclaim', `${metadata.name}-${volume.name}`)
  }
  const statuses = list(status?.resourceClaimStatuses)
  for (const claim of list(spec?.resourceClaims)) {
    const made = statuses.find((one) => one?.name === claim?.name)
    add('resourceclaim', claim?.resourceClaimName ?? made?.resourceClaimName)
  }
  add('resourceclaim', status?.extendedResourceClaimStatus?.resourceClaimName)
  return found
}

/** Secrets that the kubelet needs to mount a volume. Source: kubernetes pkg/api/v1/persistentvolume/util.go. */
export function volumeSecrets({ spec }: KubeObject): Vertex[] {
  const home: string = spec?.claimRef?.namespace ?? ''
  const found: Vertex[] = []
  const add = (namespace: unknown, name: unknown): void => {
    if (typeof name === 'string' && name !== '') found.push(vertex('secret', String(namespace || home), name))
  }
  add(spec?.azureFile?.secretNamespace, spec?.azureFile?.secretName)
  for (const source of ['cephfs', 'cinder', 'flexVolume', 'rbd', 'scaleIO', 'iscsi', 'storageos']) {
    const ref = spec?.[source]?.secretRef
    add(ref?.namespace, ref?.name)
  }
  for (const use of ['nodePublishSecretRef', 'nodeStageSecretRef', 'nodeExpandSecretRef']) {
    const ref = spec?.csi?.[use]
    add(ref?.namespace, ref?.name)
  }
  return found
}

const list = (value: unknown): Part[] => (Array.isArray(value) ? value : [])
