import type { LabelSelectorSpec, ObjectMeta } from '../../../api/index.js'
import type { Volume } from './volume-types.js'

/**
 * Pod templates and what they are made of, as they lie in JSON. Decoding has seen to the types of what is there; anything may be
 * absent. Named as in core/v1.
 */
export interface PodTemplateSpec {
  metadata?: ObjectMeta
  spec?: PodSpec
}

export interface ReplicationControllerSpec {
  replicas?: number
  minReadySeconds?: number
  selector?: Record<string, string>
  template?: PodTemplateSpec
}

export interface PodSpec {
  volumes?: Volume[]
  initContainers?: Container[]
  containers?: Container[] | null
  ephemeralContainers?: EphemeralContainer[]
  restartPolicy?: string
  terminationGracePeriodSeconds?: number | bigint
  activeDeadlineSeconds?: number | bigint
  dnsPolicy?: string
  nodeSelector?: Record<string, string>
  serviceAccountName?: string
  serviceAccount?: string
  automountServiceAccountToken?: boolean
  nodeName?: string
  hostNetwork?: boolean
  hostPID?: boolean
  hostIPC?: boolean
  shareProcessNamespace?: boolean
  securityContext?: PodSecurityContext
  imagePullSecrets?: LocalObjectReference[]
  hostname?: string
  subdomain?: string
  affinity?: Affinity
  schedulerName?: string
  tolerations?: Toleration[]
  hostAliases?: HostAlias[]
  priorityClassName?: string
  priority?: number
  dnsConfig?: PodDNSConfig
  readinessGates?: PodReadinessGate[]
  runtimeClassName?: string
  enableServiceLinks?: boolean
  preemptionPolicy?: string
  overhead?: Record<string, string>
  topologySpreadConstraints?: TopologySpreadConstraint[]
  setHostnameAsFQDN?: boolean
  os?: PodOS
  hostUsers?: boolean
  schedulingGates?: PodSchedulingGate[]
  resourceClaims?: PodResourceClaim[]
  resources?: ResourceRequirements
  hostnameOverride?: string
  schedulingGroup?: PodSchedulingGroup
}

export interface ResourceRequirements {
  limits?: Record<string, string>
  requests?: Record<string, string>
  claims?: ResourceClaim[]
}

export interface Container {
  name?: string
  image?: string
  command?: string[]
  args?: string[]
  workingDir?: string
  ports?: ContainerPort[]
  envFrom?: EnvFromSource[]
  env?: EnvVar[]
  resources?: ResourceRequirements
  resizePolicy?: ContainerResizePolicy[]
  restartPolicy?: string
  restartPolicyRules?: ContainerRestartRule[]
  volumeMounts?: VolumeMount[]
  volumeDevices?: VolumeDevice[]
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
  lifecycle?: Lifecycle
  terminationMessagePath?: string
  terminationMessagePolicy?: string
  imagePullPolicy?: string
  securityContext?: SecurityContext
  stdin?: boolean
  stdinOnce?: boolean
  tty?: boolean
}

export interface EphemeralContainer extends Container {
  targetContainerName?: string
}

export interface PodSecurityContext {
  seLinuxOptions?: SELinuxOptions
  windowsOptions?: WindowsSecurityContextOptions
  runAsUser?: number | bigint
  runAsGroup?: number | bigint
  runAsNonRoot?: boolean
  supplementalGroups?: (number | bigint)[]
  supplementalGroupsPolicy?: string
  fsGroup?: number | bigint
  sysctls?: Sysctl[]
  fsGroupChangePolicy?: string
  seccompProfile?: SeccompProfile
  appArmorProfile?: AppArmorProfile
  seLinuxChangePolicy?: string
}

export interface LocalObjectReference {
  name?: string
}

export interface Affinity {
  nodeAffinity?: NodeAffinity
  podAffinity?: PodAffinity
  podAntiAffinity?: PodAntiAffinity
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number | bigint
}

export interface HostAlias {
  ip?: string
  hostnames?: string[]
}

export interface PodDNSConfig {
  nameservers?: string[]
  searches?: string[]
  options?: PodDNSConfigOption[]
}

export interface PodReadinessGate {
  conditionType?: string
}

export interface TopologySpreadConstraint {
  maxSkew?: number
  topologyKey?: string
  whenUnsatisfiable?: string
  labelSelector?: LabelSelectorSpec
  minDomains?: number
  nodeAffinityPolicy?: string
  nodeTaintsPolicy?: string
  matchLabelKeys?: string[]
}

export interface PodOS {
  name?: string
}

export interface PodSchedulingGate {
  name?: string
}

export interface PodResourceClaim {
  name?: string
  resourceClaimName?: string
  resourceClaimTemplateName?: string
}

export interface PodSchedulingGroup {
  podGroupName?: string
}

export interface ResourceClaim {
  name?: string
  request?: string
}

export interface ContainerPort {
  name?: string
  hostPort?: number
  containerPort?: number
  protocol?: string
  hostIP?: string
}

export interface EnvFromSource {
  prefix?: string
  configMapRef?: ConfigMapEnvSource
  secretRef?: SecretEnvSource
}

export interface EnvVar {
  name?: string
  value?: string
  valueFrom?: EnvVarSource
}

export interface ContainerResizePolicy {
  resourceName?: string
  restartPolicy?: string
}

export interface ContainerRestartRule {
  action?: string
  exitCodes?: ContainerRestartRuleOnExitCodes
}

export interface VolumeMount {
  name?: string
  readOnly?: boolean
  recursiveReadOnly?: string
  mountPath?: string
  subPath?: string
  mountPropagation?: string
  subPathExpr?: string
}

export interface VolumeDevice {
  name?: string
  devicePath?: string
}

export interface Probe {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
  grpc?: GRPCAction
  initialDelaySeconds?: number
  timeoutSeconds?: number
  periodSeconds?: number
  successThreshold?: number
  failureThreshold?: number
  terminationGracePeriodSeconds?: number | bigint
}

export interface Lifecycle {
  postStart?: LifecycleHandler
  preStop?: LifecycleHandler
  stopSignal?: string
}

export interface SecurityContext {
  capabilities?: Capabilities
  privileged?: boolean
  seLinuxOptions?: SELinuxOptions
  windowsOptions?: WindowsSecurityContextOptions
  runAsUser?: number | bigint
  runAsGroup?: number | bigint
  runAsNonRoot?: boolean
  readOnlyRootFilesystem?: boolean
  allowPrivilegeEscalation?: boolean
  procMount?: string
  seccompProfile?: SeccompProfile
  appArmorProfile?: AppArmorProfile
}

export interface SELinuxOptions {
  user?: string
  role?: string
  type?: string
  level?: string
}

export interface WindowsSecurityContextOptions {
  gmsaCredentialSpecName?: string
  gmsaCredentialSpec?: string
  runAsUserName?: string
  hostProcess?: boolean
}

export interface Sysctl {
  name?: string
  value?: string
}

export interface SeccompProfile {
  type?: string
  localhostProfile?: string
}

export interface AppArmorProfile {
  type?: string
  localhostProfile?: string
}

export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[]
}

export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

export interface PodAntiAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[]
}

export interface PodDNSConfigOption {
  name?: string
  value?: string
}

export interface ConfigMapEnvSource {
  name?: string
  optional?: boolean
}

export interface SecretEnvSource {
  name?: string
  optional?: boolean
}

export interface EnvVarSource {
  fieldRef?: ObjectFieldSelector
  resourceFieldRef?: ResourceFieldSelector
  configMapKeyRef?: ConfigMapKeySelector
  secretKeyRef?: SecretKeySelector
  fileKeyRef?: FileKeySelector
}

export interface ContainerRestartRuleOnExitCodes {
  operator?: string
  values?: number[]
}

export interface ExecAction {
  command?: string[]
}

export interface HTTPGetAction {
  path?: string
  port?: number | string
  host?: string
  scheme?: string
  httpHeaders?: HTTPHeader[]
}

export interface TCPSocketAction {
  port?: number | string
  host?: string
}

export interface GRPCAction {
  port?: number
  service?: string
}

export interface LifecycleHandler {
  exec?: ExecAction
  httpGet?: HTTPGetAction
  tcpSocket?: TCPSocketAction
  sleep?: SleepAction
}

export interface Capabilities {
  add?: string[]
  drop?: string[]
}

export interface NodeSelector {
  nodeSelectorTerms?: NodeSelectorTerm[] | null
}

export interface PreferredSchedulingTerm {
  weight?: number
  preference?: NodeSelectorTerm
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelectorSpec
  namespaces?: string[]
  topologyKey?: string
  namespaceSelector?: LabelSelectorSpec
  matchLabelKeys?: string[]
  mismatchLabelKeys?: string[]
}

export interface WeightedPodAffinityTerm {
  weight?: number
  podAffinityTerm?: PodAffinityTerm
}

export interface ObjectFieldSelector {
  apiVersion?: string
  fieldPath?: string
}

export interface ResourceFieldSelector {
  containerName?: string
  resource?: string
  divisor?: string
}

export interface ConfigMapKeySelector {
  name?: string
  key?: string
  optional?: boolean
}

export interface SecretKeySelector {
  name?: string
  key?: string
  optional?: boolean
}

export interface FileKeySelector {
  volumeName?: string
  path?: string
  key?: string
  optional?: boolean
}

export interface HTTPHeader {
  name?: string
  value?: string
}

export interface SleepAction {
  seconds?: number | bigint
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

export interface NodeSelectorRequirement {
  key?: string
  operator?: string
  values?: string[]
}
