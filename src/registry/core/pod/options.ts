/**
 * What validation lets through besides the rules for everybody: what feature gates allow, and what an object already had when
 * rules became stricter. Source: PodValidationOptions of pkg/apis/core/validation.
 */
export interface PodValidationOptions {
  /** The object is a pod itself: generated names and pod-only rules count. */
  readonly isPod: boolean
  /** --allow-privileged. */
  readonly privileged: boolean
  /** IP addresses without leading zeros and such. */
  readonly strictIp: boolean
  readonly invalidDeletionCost: boolean
  readonly invalidLabelValueInSelector: boolean
  readonly invalidLabelValueInNodeAffinity: boolean
  readonly invalidTopologySpreadSelector: boolean
  readonly indivisibleHugePages: boolean
  readonly nonLocalTokenPath: boolean
  readonly namespacedSysctlsWithHostNamespaces: boolean
  readonly onlyRecursiveSELinuxChange: boolean
  readonly podLevelResources: boolean
  readonly inPlacePodLevelResources: boolean
  readonly matchLabelKeysInTopologySpread: boolean
  readonly matchLabelKeysSelectorMerge: boolean
  readonly oldViolatesMatchLabelKeys: boolean
  readonly oldViolatesLegacyMatchLabelKeys: boolean
  readonly envFiles: boolean
  readonly restartPolicyRules: boolean
  readonly restartAllContainers: boolean
  readonly restartOfNonSidecarInitContainers: boolean
  readonly userNamespacesWithVolumeDevices: boolean
  readonly userNamespacesWithHostNetwork: boolean
  readonly tolerationComparison: boolean
  readonly imageVolumeWithDigest: boolean
}
