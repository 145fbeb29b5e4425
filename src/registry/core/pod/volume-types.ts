import type { LabelSelectorSpec, ObjectMeta } from '../../../api/index.js'
import type { LocalObjectReference, ObjectFieldSelector, ResourceFieldSelector } from './types.js'

export interface Volume {
  name?: string
  hostPath?: HostPathVolumeSource
  emptyDir?: EmptyDirVolumeSource
  gcePersistentDisk?: GCEPersistentDiskVolumeSource
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource
  gitRepo?: GitRepoVolumeSource
  secret?: SecretVolumeSource
  nfs?: NFSVolumeSource
  iscsi?: ISCSIVolumeSource
  glusterfs?: GlusterfsVolumeSource
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource
  rbd?: RBDVolumeSource
  flexVolume?: FlexVolumeSource
  cinder?: CinderVolumeSource
  cephfs?: CephFSVolumeSource
  flocker?: FlockerVolumeSource
  downwardAPI?: DownwardAPIVolumeSource
  fc?: FCVolumeSource
  azureFile?: AzureFileVolumeSource
  configMap?: ConfigMapVolumeSource
  vsphereVolume?: VsphereVirtualDiskVolumeSource
  quobyte?: QuobyteVolumeSource
  azureDisk?: AzureDiskVolumeSource
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource
  projected?: ProjectedVolumeSource
  portworxVolume?: PortworxVolumeSource
  scaleIO?: ScaleIOVolumeSource
  storageos?: StorageOSVolumeSource
  csi?: CSIVolumeSource
  ephemeral?: EphemeralVolumeSource
  image?: ImageVolumeSource
}

export interface HostPathVolumeSource {
  path?: string
  type?: string
}

export interface EmptyDirVolumeSource {
  medium?: string
  sizeLimit?: string
}

export interface GCEPersistentDiskVolumeSource {
  pdName?: string
  fsType?: string
  partition?: number
  readOnly?: boolean
}

export interface AWSElasticBlockStoreVolumeSource {
  volumeID?: string
  fsType?: string
  partition?: number
  readOnly?: boolean
}

export interface GitRepoVolumeSource {
  repository?: string
  revision?: string
  directory?: string
}

export interface SecretVolumeSource {
  secretName?: string
  items?: KeyToPath[]
  defaultMode?: number
  optional?: boolean
}

export interface NFSVolumeSource {
  server?: string
  path?: string
  readOnly?: boolean
}

export interface ISCSIVolumeSource {
  targetPortal?: string
  iqn?: string
  lun?: number
  iscsiInterface?: string
  fsType?: string
  readOnly?: boolean
  portals?: string[]
  chapAuthDiscovery?: boolean
  chapAuthSession?: boolean
  secretRef?: LocalObjectReference
  initiatorName?: string
}

export interface GlusterfsVolumeSource {
  endpoints?: string
  path?: string
  readOnly?: boolean
}

export interface PersistentVolumeClaimVolumeSource {
  claimName?: string
  readOnly?: boolean
}

export interface RBDVolumeSource {
  monitors?: string[] | null
  image?: string
  fsType?: string
  pool?: string
  user?: string
  keyring?: string
  secretRef?: LocalObjectReference
  readOnly?: boolean
}

export interface FlexVolumeSource {
  driver?: string
  fsType?: string
  secretRef?: LocalObjectReference
  readOnly?: boolean
  options?: Record<string, string>
}

export interface CinderVolumeSource {
  volumeID?: string
  fsType?: string
  readOnly?: boolean
  secretRef?: LocalObjectReference
}

export interface CephFSVolumeSource {
  monitors?: string[] | null
  path?: string
  user?: string
  secretFile?: string
  secretRef?: LocalObjectReference
  readOnly?: boolean
}

export interface FlockerVolumeSource {
  datasetName?: string
  datasetUUID?: string
}

export interface DownwardAPIVolumeSource {
  items?: DownwardAPIVolumeFile[]
  defaultMode?: number
}

export interface FCVolumeSource {
  targetWWNs?: string[]
  lun?: number
  fsType?: string
  readOnly?: boolean
  wwids?: string[]
}

export interface AzureFileVolumeSource {
  secretName?: string
  shareName?: string
  readOnly?: boolean
}

export interface ConfigMapVolumeSource {
  name?: string
  items?: KeyToPath[]
  defaultMode?: number
  optional?: boolean
}

export interface VsphereVirtualDiskVolumeSource {
  volumePath?: string
  fsType?: string
  storagePolicyName?: string
  storagePolicyID?: string
}

export interface QuobyteVolumeSource {
  registry?: string
  volume?: string
  readOnly?: boolean
  user?: string
  group?: string
  tenant?: string
}

export interface AzureDiskVolumeSource {
  diskName?: string
  diskURI?: string
  cachingMode?: string
  fsType?: string
  readOnly?: boolean
  kind?: string
}

export interface PhotonPersistentDiskVolumeSource {
  pdID?: string
  fsType?: string
}

export interface ProjectedVolumeSource {
  sources?: VolumeProjection[] | null
  defaultMode?: number
}

export interface PortworxVolumeSource {
  volumeID?: string
  fsType?: string
  readOnly?: boolean
}

export interface ScaleIOVolumeSource {
  gateway?: string
  system?: string
  secretRef?: LocalObjectReference
  sslEnabled?: boolean
  protectionDomain?: string
  storagePool?: string
  storageMode?: string
  volumeName?: string
  fsType?: string
  readOnly?: boolean
}

export interface StorageOSVolumeSource {
  volumeName?: string
  volumeNamespace?: string
  fsType?: string
  readOnly?: boolean
  secretRef?: LocalObjectReference
}

export interface CSIVolumeSource {
  driver?: string
  readOnly?: boolean
  fsType?: string
  volumeAttributes?: Record<string, string>
  nodePublishSecretRef?: LocalObjectReference
}

export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate
}

export interface ImageVolumeSource {
  reference?: string
  pullPolicy?: string
}

export interface KeyToPath {
  key?: string
  path?: string
  mode?: number
}

export interface DownwardAPIVolumeFile {
  path?: string
  fieldRef?: ObjectFieldSelector
  resourceFieldRef?: ResourceFieldSelector
  mode?: number
}

export interface VolumeProjection {
  secret?: SecretProjection
  downwardAPI?: DownwardAPIProjection
  configMap?: ConfigMapProjection
  serviceAccountToken?: ServiceAccountTokenProjection
  clusterTrustBundle?: ClusterTrustBundleProjection
  podCertificate?: PodCertificateProjection
}

export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta
  spec?: PersistentVolumeClaimSpec
}

export interface SecretProjection {
  name?: string
  items?: KeyToPath[]
  optional?: boolean
}

export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[]
}

export interface ConfigMapProjection {
  name?: string
  items?: KeyToPath[]
  optional?: boolean
}

export interface ServiceAccountTokenProjection {
  audience?: string
  expirationSeconds?: number | bigint
  path?: string
}

export interface ClusterTrustBundleProjection {
  name?: string
  signerName?: string
  labelSelector?: LabelSelectorSpec
  optional?: boolean
  path?: string
}

export interface PodCertificateProjection {
  signerName?: string
  keyType?: string
  maxExpirationSeconds?: number
  credentialBundlePath?: string
  keyPath?: string
  certificateChainPath?: string
  userAnnotations?: Record<string, string>
}

export interface PersistentVolumeClaimSpec {
  accessModes?: string[]
  selector?: LabelSelectorSpec
  resources?: VolumeResourceRequirements
  volumeName?: string
  storageClassName?: string
  volumeMode?: string
  dataSource?: TypedLocalObjectReference
  dataSourceRef?: TypedObjectReference
  volumeAttributesClassName?: string
}

export interface VolumeResourceRequirements {
  limits?: Record<string, string>
  requests?: Record<string, string>
}

export interface TypedLocalObjectReference {
  apiGroup?: string | null
  kind?: string
  name?: string
}

export interface TypedObjectReference {
  apiGroup?: string | null
  kind?: string
  name?: string
  namespace?: string
}
