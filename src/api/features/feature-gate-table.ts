/**
 * The feature gates of Kubernetes 1.36 by name: from which release on they are in which stage, their default there, and
 * whether they are locked to it. `0.0` and `1.0` mean always.
 */
export const featureGateTable = `
AggregatedDiscoveryRemoveBetaType 1.0:GA:off 1.33:Deprecated:on 1.35:Deprecated:on:locked
AllAlpha 0.0:Alpha:off
AllBeta 0.0:Beta:off
AllowDNSOnlyNodeCSR 1.0:GA:on 1.31:Deprecated:off
AllowInsecureKubeletCertificateSigningRequests 1.0:GA:on 1.31:Deprecated:off
AllowOverwriteTerminationGracePeriodSeconds 1.0:GA:on 1.32:Deprecated:off 1.35:Deprecated:off:locked
AllowParsingUserUIDFromCertAuth 1.33:Beta:on
AllowServiceExternalIPs 1.0:GA:on
AllowUnsafeMalformedObjectDeletion 1.32:Alpha:off
AnonymousAuthConfigurableEndpoints 1.31:Alpha:off 1.32:Beta:on 1.34:GA:on:locked
AnyVolumeDataSource 1.18:Alpha:off 1.24:Beta:on 1.33:GA:on:locked
APIResponseCompression 1.8:Alpha:off 1.16:Beta:on
APIServerIdentity 1.20:Alpha:off 1.26:Beta:on
APIServerTracing 1.22:Alpha:off 1.27:Beta:on 1.34:GA:on:locked
APIServingWithRoutine 1.30:Alpha:off
AtomicFIFO 1.36:Beta:on
AuthorizeNodeWithSelectors 1.31:Alpha:off 1.32:Beta:on 1.34:GA:on:locked
AuthorizePodWebsocketUpgradeCreatePermission 1.35:Beta:on
AuthorizeWithSelectors 1.31:Alpha:off 1.32:Beta:on 1.34:GA:on:locked
BtreeWatchCache 1.32:Beta:on 1.33:GA:on:locked
CBORServingAndStorage 1.32:Alpha:off
ChangeContainerStatusOnKubeletRestart 1.0:GA:on 1.35:Deprecated:off
ClearingNominatedNodeNameAfterBinding 1.34:Alpha:off 1.35:Beta:on
ClientsAllowCARotation 1.36:Beta:on
ClientsAllowCBOR 1.32:Alpha:off
ClientsAllowTLSCacheGC 1.36:Beta:on
ClientsPreferCBOR 1.32:Alpha:off
CloudControllerManagerWatchBasedRoutesReconciliation 1.35:Alpha:off
CloudControllerManagerWebhook 1.27:Alpha:off
ClusterTrustBundle 1.27:Alpha:off 1.33:Beta:off
ClusterTrustBundleProjection 1.29:Alpha:off 1.33:Beta:off
ComponentFlagz 1.32:Alpha:off 1.36:Beta:on
ComponentStatusz 1.32:Alpha:off 1.36:Beta:on
ConcurrentWatchObjectDecode 1.31:Beta:off
ConsistentListFromCache 1.28:Alpha:off 1.31:Beta:on 1.34:GA:on:locked
ConstrainedImpersonation 1.35:Alpha:off 1.36:Beta:on
ContainerCheckpoint 1.25:Alpha:off 1.30:Beta:on
ContainerRestartRules 1.34:Alpha:off 1.35:Beta:on
ContainerStopSignals 1.33:Alpha:off
ContextualLogging 1.24:Alpha:off 1.30:Beta:on
ControllerManagerReleaseLeaderElectionLockOnExit 1.36:Alpha:off
CoordinatedLeaderElection 1.31:Alpha:off 1.33:Beta:off
CPUManagerPolicyAlphaOptions 1.23:Alpha:off
CPUManagerPolicyBetaOptions 1.23:Beta:on
CPUManagerPolicyOptions 1.22:Alpha:off 1.23:Beta:on 1.33:GA:on:locked
CRDObservedGenerationTracking 1.35:Beta:off 1.36:Beta:on
CRDValidationRatcheting 1.28:Alpha:off 1.30:Beta:on 1.33:GA:on:locked
CRIListStreaming 1.36:Alpha:off
CrossNamespaceVolumeDataSource 1.26:Alpha:off
CSIServiceAccountTokenSecrets 1.35:Beta:on 1.36:GA:on:locked
CSIVolumeHealth 1.21:Alpha:off
CustomCPUCFSQuotaPeriod 1.12:Alpha:off 1.36:GA:on
CustomResourceFieldSelectors 1.30:Alpha:off 1.31:Beta:on 1.32:GA:on:locked
DeclarativeValidation 1.33:Beta:on 1.36:GA:on:locked
DeclarativeValidationBeta 1.36:Beta:on
DeclarativeValidationTakeover 1.33:Beta:off 1.36:Deprecated:off
DeploymentReplicaSetTerminatingReplicas 1.33:Alpha:off 1.35:Beta:on
DetectCacheInconsistency 1.34:Beta:on
DisableAllocatorDualWrite 1.31:Alpha:off 1.33:Beta:off 1.34:GA:on 1.35:GA:on:locked
DisableCPUQuotaWithExclusiveCPUs 1.33:Beta:on 1.36:Deprecated:on
DisableNodeKubeProxyVersion 1.29:Alpha:off 1.31:Deprecated:off 1.33:Deprecated:on 1.36:Deprecated:on:locked
DRAAdminAccess 1.32:Alpha:off 1.34:Beta:on 1.36:GA:on:locked
DRAConsumableCapacity 1.34:Alpha:off 1.36:Beta:on
DRADeviceBindingConditions 1.34:Alpha:off 1.36:Beta:on
DRADeviceTaintRules 1.35:Alpha:off 1.36:Beta:off
DRADeviceTaints 1.33:Alpha:off 1.36:Beta:on
DRAExtendedResource 1.34:Alpha:off 1.36:Beta:on
DRAListTypeAttributes 1.36:Alpha:off
DRANodeAllocatableResources 1.36:Alpha:off
DRAPartitionableDevices 1.33:Alpha:off 1.36:Beta:on
DRAPrioritizedList 1.33:Alpha:off 1.34:Beta:on 1.36:GA:on
DRAResourceClaimDeviceStatus 1.32:Alpha:off 1.33:Beta:on
DRAResourceClaimGranularStatusAuthorization 1.36:Beta:on
DRAResourcePoolStatus 1.36:Alpha:off
DRASchedulerFilterTimeout 1.34:Beta:on
DRAWorkloadResourceClaims 1.36:Alpha:off
DynamicResourceAllocation 1.26:Alpha:off 1.32:Beta:off 1.34:GA:on 1.35:GA:on:locked
EnvFiles 1.34:Alpha:off 1.35:Beta:on
EventedPLEG 1.26:Alpha:off
ExecProbeTimeout 1.20:GA:on 1.35:GA:on:locked
ExtendWebSocketsToKubelet 1.36:Beta:on
ExternalServiceAccountTokenSigner 1.32:Alpha:off 1.34:Beta:on 1.36:GA:on:locked
GangScheduling 1.35:Alpha:off
GenericWorkload 1.35:Alpha:off
GitRepoVolumeDriver 1.0:GA:on 1.33:Deprecated:off 1.36:Deprecated:off:locked
GracefulNodeShutdown 1.20:Alpha:off 1.21:Beta:on
GracefulNodeShutdownBasedOnPodPriority 1.23:Alpha:off 1.24:Beta:on
HostnameOverride 1.34:Alpha:off 1.35:Beta:on
HPAConfigurableTolerance 1.33:Alpha:off 1.35:Beta:on
HPAScaleToZero 1.16:Alpha:off
ImageMaximumGCAge 1.29:Alpha:off 1.30:Beta:on 1.35:GA:on:locked
ImageVolume 1.31:Alpha:off 1.33:Beta:off 1.35:Beta:on 1.36:GA:on:locked
ImageVolumeWithDigest 1.35:Alpha:off
InformerResourceVersion 1.30:Alpha:off 1.35:GA:on
InOrderInformers 1.33:Beta:on 1.36:GA:on:locked
InOrderInformersBatchProcess 1.35:Beta:on
InPlacePodLevelResourcesVerticalScaling 1.35:Alpha:off 1.36:Beta:on
InPlacePodVerticalScaling 1.27:Alpha:off 1.33:Beta:on 1.35:GA:on:locked
InPlacePodVerticalScalingExclusiveCPUs 1.32:Alpha:off
InPlacePodVerticalScalingExclusiveMemory 1.34:Alpha:off
InPlacePodVerticalScalingInitContainers 1.36:Beta:on
JobBackoffLimitPerIndex 1.28:Alpha:off 1.29:Beta:on 1.33:GA:on:locked
JobManagedBy 1.30:Alpha:off 1.32:Beta:on 1.35:GA:on:locked
JobPodReplacementPolicy 1.28:Alpha:off 1.29:Beta:on 1.34:GA:on:locked
JobSuccessPolicy 1.30:Alpha:off 1.31:Beta:on 1.33:GA:on:locked
KMSv1 1.0:GA:on 1.28:Deprecated:on 1.29:Deprecated:off
KubeletCgroupDriverFromCRI 1.28:Alpha:off 1.31:Beta:on 1.34:GA:on:locked
KubeletCrashLoopBackOffMax 1.32:Alpha:off 1.35:Beta:on
KubeletEnsureSecretPulledImages 1.33:Alpha:off 1.35:Beta:on
KubeletFineGrainedAuthz 1.32:Alpha:off 1.33:Beta:on 1.36:GA:on:locked
KubeletInUserNamespace 1.22:Alpha:off
KubeletPodResourcesDynamicResources 1.27:Alpha:off 1.34:Beta:on 1.36:GA:on:locked
KubeletPodResourcesGet 1.27:Alpha:off 1.34:Beta:on 1.36:GA:on:locked
KubeletPodResourcesListUseActivePods 1.0:GA:off 1.34:Deprecated:on
KubeletPSI 1.33:Alpha:off 1.34:Beta:on 1.36:GA:on:locked
KubeletRegistrationGetOnExistsOnly 1.0:GA:on 1.32:Deprecated:off
KubeletSeparateDiskGC 1.29:Alpha:off 1.31:Beta:on
KubeletServiceAccountTokenForCredentialProviders 1.33:Alpha:off 1.34:Beta:on
KubeletTracing 1.25:Alpha:off 1.27:Beta:on 1.34:GA:on:locked
ListFromCacheSnapshot 1.33:Alpha:off 1.34:Beta:on
LocalStorageCapacityIsolationFSQuotaMonitoring 1.15:Alpha:off 1.31:Beta:off
LogarithmicScaleDown 1.21:Alpha:off 1.22:Beta:on 1.31:GA:on:locked
LoggingAlphaOptions 1.24:Alpha:off
LoggingBetaOptions 1.24:Beta:on
ManifestBasedAdmissionControlConfig 1.36:Alpha:off
MatchLabelKeysInPodAffinity 1.29:Alpha:off 1.31:Beta:on 1.33:GA:on:locked
MatchLabelKeysInPodTopologySpread 1.25:Alpha:off 1.27:Beta:on
MatchLabelKeysInPodTopologySpreadSelectorMerge 1.34:Beta:on
MaxUnavailableStatefulSet 1.24:Alpha:off 1.35:Beta:off
MemoryQoS 1.22:Alpha:off
MultiCIDRServiceAllocator 1.27:Alpha:off 1.31:Beta:off 1.33:GA:on 1.34:GA:on:locked
MutableCSINodeAllocatableCount 1.33:Alpha:off 1.34:Beta:off 1.35:Beta:on 1.36:GA:on:locked
MutablePodResourcesForSuspendedJobs 1.35:Alpha:off 1.36:Beta:on
MutablePVNodeAffinity 1.35:Alpha:off
MutableSchedulingDirectivesForSuspendedJobs 1.35:Alpha:off 1.36:Beta:on
MutatingAdmissionPolicy 1.32:Alpha:off 1.34:Beta:off 1.36:GA:on
NativeHistograms 1.36:Alpha:off
NFTablesProxyMode 1.29:Alpha:off 1.31:Beta:on 1.33:GA:on:locked
NodeDeclaredFeatures 1.35:Alpha:off 1.36:Beta:on
NodeInclusionPolicyInPodTopologySpread 1.25:Alpha:off 1.26:Beta:on 1.33:GA:on:locked
NodeLogQuery 1.27:Alpha:off 1.30:Beta:off 1.36:GA:on:locked
NodeSwap 1.22:Alpha:off 1.28:Beta:off 1.30:Beta:on 1.34:GA:on:locked
NominatedNodeNameForExpectation 1.34:Alpha:off 1.35:Beta:on
OpenAPIEnums 1.23:Alpha:off 1.24:Beta:on
OpportunisticBatching 1.35:Beta:on
OrderedNamespaceDeletion 1.30:Beta:off 1.33:Beta:on 1.34:GA:on:locked
PersistentVolumeClaimUnusedSinceTime 1.36:Alpha:off
PLEGOnDemandRelist 1.36:Beta:on
PodAndContainerStatsFromCRI 1.23:Alpha:off
PodCertificateRequest 1.34:Alpha:off 1.35:Beta:off
PodDeletionCost 1.21:Alpha:off 1.22:Beta:on
PodLevelResourceManagers 1.36:Alpha:off
PodLevelResources 1.32:Alpha:off 1.34:Beta:on
PodLifecycleSleepAction 1.29:Alpha:off 1.30:Beta:on 1.34:GA:on:locked
PodLifecycleSleepActionAllowZero 1.32:Alpha:off 1.33:Beta:on 1.34:GA:on:locked
PodLogsQuerySplitStreams 1.32:Alpha:off
PodObservedGenerationTracking 1.33:Alpha:off 1.34:Beta:on 1.35:GA:on:locked
PodReadyToStartContainersCondition 1.28:Alpha:off 1.29:Beta:on
PodsAPI 1.36:Alpha:off
PodSchedulingReadiness 1.26:Alpha:off 1.27:Beta:on 1.30:GA:on:locked
PodTopologyLabelsAdmission 1.33:Alpha:off 1.35:Beta:on
PortForwardWebsockets 1.30:Alpha:off 1.31:Beta:on
PreferSameTrafficDistribution 1.33:Alpha:off 1.34:Beta:on 1.35:GA:on:locked
PreventStaticPodAPIReferences 1.34:Beta:on
ProcMountType 1.12:Alpha:off 1.31:Beta:off 1.33:Beta:on 1.36:GA:on:locked
QOSReserved 1.11:Alpha:off
RecoverVolumeExpansionFailure 1.23:Alpha:off 1.32:Beta:on 1.34:GA:on:locked
RecursiveReadOnlyMounts 1.30:Alpha:off 1.31:Beta:on 1.33:GA:on:locked
ReduceDefaultCrashLoopBackOffDecay 1.33:Alpha:off
RelaxedDNSSearchValidation 1.32:Alpha:off 1.33:Beta:on 1.34:GA:on:locked
RelaxedEnvironmentVariableValidation 1.30:Alpha:off 1.32:Beta:on 1.34:GA:on:locked
RelaxedServiceNameValidation 1.34:Alpha:off 1.36:Beta:on
ReloadKubeletClientCAFile 1.36:Beta:on
ReloadKubeletServerCertificateFile 1.31:Beta:on
RemoteRequestHeaderUID 1.32:Alpha:off 1.33:Beta:on
ResilientWatchCacheInitialization 1.31:Beta:on 1.34:GA:on:locked
ResourceHealthStatus 1.31:Alpha:off 1.36:Beta:on
ResourceHealthStatusMessage 1.36:Beta:on
RestartAllContainersOnContainerExits 1.35:Alpha:off 1.36:Beta:on
RetryGenerateName 1.30:Alpha:off 1.31:Beta:on 1.32:GA:on:locked
RotateKubeletServerCertificate 1.7:Alpha:off 1.12:Beta:on
RuntimeClassInImageCriApi 1.29:Alpha:off
SchedulerAsyncAPICalls 1.34:Beta:off
SchedulerAsyncPreemption 1.32:Alpha:off 1.33:Beta:on
SchedulerPopFromBackoffQ 1.33:Beta:on
SchedulerQueueingHints 1.28:Beta:off 1.32:Beta:on 1.34:GA:on:locked
SELinuxChangePolicy 1.32:Alpha:off 1.33:Beta:on 1.36:GA:on:locked
SELinuxMount 1.30:Alpha:off 1.33:Beta:off
SELinuxMountReadWriteOncePod 1.25:Alpha:off 1.27:Beta:off 1.28:Beta:on 1.36:GA:on:locked
SeparateCacheWatchRPC 1.28:Beta:on 1.33:Deprecated:off 1.36:Deprecated:off:locked
SeparateTaintEvictionController 1.29:Beta:on 1.34:GA:on:locked
ServiceAccountNodeAudienceRestriction 1.32:Beta:off 1.33:Beta:on
ServiceAccountTokenJTI 1.29:Alpha:off 1.30:Beta:on 1.32:GA:on:locked
ServiceAccountTokenNodeBinding 1.29:Alpha:off 1.31:Beta:on 1.33:GA:on:locked
ServiceAccountTokenNodeBindingValidation 1.29:Alpha:off 1.30:Beta:on 1.32:GA:on:locked
ServiceAccountTokenPodNodeInfo 1.29:Alpha:off 1.30:Beta:on 1.32:GA:on:locked
ServiceCIDRStatusFieldWiping 1.0:GA:off 1.36:Deprecated:on
ShardedListAndWatch 1.36:Alpha:off
SidecarContainers 1.28:Alpha:off 1.29:Beta:on 1.33:GA:on:locked
SizeBasedListCostEstimate 1.34:Beta:on
StaleControllerConsistencyDaemonSet 1.36:Beta:on
StaleControllerConsistencyJob 1.36:Beta:on
StaleControllerConsistencyReplicaSet 1.36:Beta:on
StaleControllerConsistencyStatefulSet 1.36:Beta:on
StatefulSetSemanticRevisionComparison 1.0:Beta:on
StorageCapacityScoring 1.33:Alpha:off
StorageNamespaceIndex 1.30:Beta:on 1.33:Deprecated:on
StorageVersionAPI 1.20:Alpha:off
StorageVersionHash 1.14:Alpha:off 1.15:Beta:on
StorageVersionMigrator 1.30:Alpha:off 1.35:Beta:off
StreamingCollectionEncodingToJSON 1.33:Beta:on 1.34:GA:on:locked
StreamingCollectionEncodingToProtobuf 1.33:Beta:on 1.34:GA:on:locked
StrictIPCIDRValidation 1.33:Alpha:off 1.36:Beta:on
StructuredAuthenticationConfiguration 1.29:Alpha:off 1.30:Beta:on 1.34:GA:on:locked
StructuredAuthenticationConfigurationEgressSelector 1.34:Beta:on
StructuredAuthenticationConfigurationJWKSMetrics 1.35:Beta:on
SupplementalGroupsPolicy 1.31:Alpha:off 1.33:Beta:on 1.35:GA:on:locked
SystemdWatchdog 1.32:Beta:on 1.35:GA:on:locked
TaintTolerationComparisonOperators 1.35:Alpha:off
TokenRequestServiceAccountUIDValidation 1.34:Beta:on
TopologyAwareWorkloadScheduling 1.36:Alpha:off
TopologyManagerPolicyAlphaOptions 1.26:Alpha:off
TopologyManagerPolicyBetaOptions 1.26:Beta:off 1.28:Beta:on
TopologyManagerPolicyOptions 1.26:Alpha:off 1.28:Beta:on 1.32:GA:on:locked
TranslateStreamCloseWebsocketRequests 1.29:Alpha:off 1.30:Beta:on
UnauthenticatedHTTP2DOSMitigation 1.25:Beta:off 1.29:Beta:on
UnknownVersionInteroperabilityProxy 1.28:Alpha:off 1.36:Beta:on
UnlockWhileProcessingFIFO 1.36:Beta:on
UserNamespacesHostNetworkSupport 1.35:Alpha:off
UserNamespacesSupport 1.25:Alpha:off 1.30:Beta:off 1.33:Beta:on 1.36:GA:on:locked
VolumeAttributesClass 1.29:Alpha:off 1.31:Beta:off 1.34:GA:on 1.36:GA:on:locked
VolumeLimitScaling 1.35:Alpha:off
WatchCacheInitializationPostStartHook 1.31:Beta:off 1.36:Beta:on
WatchList 1.27:Alpha:off 1.32:Beta:on 1.33:Beta:off 1.34:Beta:on
WatchListClient 1.30:Beta:off 1.35:Beta:on
WindowsCPUAndMemoryAffinity 1.32:Alpha:off
WindowsGracefulNodeShutdown 1.32:Alpha:off 1.34:Beta:on
WindowsHostNetwork 1.26:Alpha:off 1.33:Deprecated:off
WinDSR 1.14:Alpha:off 1.33:Beta:on 1.34:GA:on:locked
WinOverlay 1.14:Alpha:off 1.20:Beta:on 1.34:GA:on:locked
WorkloadAwarePreemption 1.36:Alpha:off
WorkloadWithJob 1.36:Alpha:off
`

/** What a gate needs: it may be on only if all that follow it are. */
export const featureGateDependencies = `
AuthorizeNodeWithSelectors AuthorizeWithSelectors
ClusterTrustBundleProjection ClusterTrustBundle
DeclarativeValidationBeta DeclarativeValidation
DeclarativeValidationTakeover DeclarativeValidation
DisableAllocatorDualWrite MultiCIDRServiceAllocator
DRAAdminAccess DynamicResourceAllocation
DRAConsumableCapacity DynamicResourceAllocation
DRADeviceBindingConditions DRAResourceClaimDeviceStatus DynamicResourceAllocation
DRADeviceTaintRules DRADeviceTaints
DRADeviceTaints DynamicResourceAllocation
DRAExtendedResource DynamicResourceAllocation
DRAListTypeAttributes DynamicResourceAllocation
DRANodeAllocatableResources DynamicResourceAllocation
DRAPartitionableDevices DynamicResourceAllocation
DRAPrioritizedList DynamicResourceAllocation
DRAResourceClaimGranularStatusAuthorization DRAResourceClaimDeviceStatus DynamicResourceAllocation
DRAResourcePoolStatus DynamicResourceAllocation
DRASchedulerFilterTimeout DynamicResourceAllocation
DRAWorkloadResourceClaims DynamicResourceAllocation GenericWorkload
ExtendWebSocketsToKubelet NodeDeclaredFeatures
GangScheduling GenericWorkload
GracefulNodeShutdownBasedOnPodPriority GracefulNodeShutdown
ImageVolumeWithDigest ImageVolume
InPlacePodLevelResourcesVerticalScaling InPlacePodVerticalScaling NodeDeclaredFeatures PodLevelResources
InPlacePodVerticalScalingExclusiveCPUs InPlacePodVerticalScaling
InPlacePodVerticalScalingExclusiveMemory InPlacePodVerticalScaling
InPlacePodVerticalScalingInitContainers InPlacePodVerticalScaling NodeDeclaredFeatures
MatchLabelKeysInPodTopologySpreadSelectorMerge MatchLabelKeysInPodTopologySpread
PodCertificateRequest AuthorizeNodeWithSelectors
PodLevelResourceManagers PodLevelResources
PodLifecycleSleepActionAllowZero PodLifecycleSleepAction
ProcMountType UserNamespacesSupport
ResourceHealthStatus DynamicResourceAllocation
ResourceHealthStatusMessage ResourceHealthStatus
RestartAllContainersOnContainerExits ContainerRestartRules NodeDeclaredFeatures
ServiceAccountTokenNodeBinding ServiceAccountTokenNodeBindingValidation
StaleControllerConsistencyDaemonSet AtomicFIFO
StaleControllerConsistencyJob AtomicFIFO
StaleControllerConsistencyReplicaSet AtomicFIFO
StaleControllerConsistencyStatefulSet AtomicFIFO
StorageVersionAPI APIServerIdentity
StructuredAuthenticationConfigurationEgressSelector StructuredAuthenticationConfiguration
StructuredAuthenticationConfigurationJWKSMetrics StructuredAuthenticationConfiguration
TopologyAwareWorkloadScheduling GenericWorkload
UnknownVersionInteroperabilityProxy APIServerIdentity
UserNamespacesHostNetworkSupport NodeDeclaredFeatures UserNamespacesSupport
WindowsGracefulNodeShutdown GracefulNodeShutdown
WorkloadAwarePreemption GangScheduling
WorkloadWithJob GenericWorkload
`
