import type { ResourceRequirements } from './types.js'

export interface PodStatus {
  observedGeneration?: number | bigint
  phase?: string
  conditions?: PodCondition[]
  message?: string
  reason?: string
  nominatedNodeName?: string
  hostIP?: string
  hostIPs?: HostIP[]
  podIP?: string
  podIPs?: PodIP[]
  startTime?: string
  initContainerStatuses?: ContainerStatus[]
  containerStatuses?: ContainerStatus[]
  qosClass?: string
  ephemeralContainerStatuses?: ContainerStatus[]
  resize?: string
  resourceClaimStatuses?: PodResourceClaimStatus[]
  extendedResourceClaimStatus?: PodExtendedResourceClaimStatus
  allocatedResources?: Record<string, string>
  resources?: ResourceRequirements
  nodeAllocatableResourceClaimStatuses?: NodeAllocatableResourceClaimStatus[]
}

export interface ReplicationControllerStatus {
  replicas?: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  observedGeneration?: number | bigint
  conditions?: ReplicationControllerCondition[]
}

export interface PodCondition {
  type?: string
  observedGeneration?: number | bigint
  status?: string
  lastProbeTime?: string
  lastTransitionTime?: string
  reason?: string
  message?: string
}

export interface HostIP {
  ip?: string
}

export interface PodIP {
  ip?: string
}

export interface ContainerStatus {
  name?: string
  state?: ContainerState
  lastState?: ContainerState
  ready?: boolean
  restartCount?: number
  image?: string
  imageID?: string
  containerID?: string
  started?: boolean
  allocatedResources?: Record<string, string>
  resources?: ResourceRequirements
  volumeMounts?: VolumeMountStatus[]
  user?: ContainerUser
  allocatedResourcesStatus?: ResourceStatus[]
  stopSignal?: string
}

export interface PodResourceClaimStatus {
  name?: string
  resourceClaimName?: string
}

export interface PodExtendedResourceClaimStatus {
  requestMappings?: ContainerExtendedResourceRequest[] | null
  resourceClaimName?: string
}

export interface NodeAllocatableResourceClaimStatus {
  resourceClaimName?: string
  containers?: string[]
  resources?: Record<string, string>
}

export interface ReplicationControllerCondition {
  type?: string
  status?: string
  lastTransitionTime?: string
  reason?: string
  message?: string
}

export interface ContainerState {
  waiting?: ContainerStateWaiting
  running?: ContainerStateRunning
  terminated?: ContainerStateTerminated
}

export interface VolumeMountStatus {
  name?: string
  mountPath?: string
  readOnly?: boolean
  recursiveReadOnly?: string
  volumeStatus?: VolumeStatus
}

export interface ContainerUser {
  linux?: LinuxContainerUser
}

export interface ResourceStatus {
  name?: string
  resources?: ResourceHealth[]
}

export interface ContainerExtendedResourceRequest {
  containerName?: string
  resourceName?: string
  requestName?: string
}

export interface ContainerStateWaiting {
  reason?: string
  message?: string
}

export interface ContainerStateRunning {
  startedAt?: string
}

export interface ContainerStateTerminated {
  exitCode?: number
  signal?: number
  reason?: string
  message?: string
  startedAt?: string
  finishedAt?: string
  containerID?: string
}

export interface VolumeStatus {
  image?: ImageVolumeStatus
}

export interface LinuxContainerUser {
  uid?: number | bigint
  gid?: number | bigint
  supplementalGroups?: (number | bigint)[]
}

export interface ResourceHealth {
  resourceID?: string
  health?: string
  message?: string
}

export interface ImageVolumeStatus {
  imageRef?: string
}
