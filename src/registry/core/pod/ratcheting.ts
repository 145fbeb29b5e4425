import type { RuleContext } from '../../rules.js'
import type { PodValidationOptions } from './options.js'
import type { PodSpec, PodTemplateSpec } from './types.js'

/** Options for a template; `old` is undefined on create. Upstream: GetValidationOptionsFromPodTemplate. */
export function podTemplateOptions(
  _template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  context: Pick<RuleContext, 'enabled'>,
): PodValidationOptions {
  return podOptions(old?.spec, old?.metadata?.annotations, context)
}

export function podOptions(
  _old: PodSpec | undefined,
  _oldAnnotations: Readonly<Record<string, string>> | undefined,
  context: Pick<RuleContext, 'enabled'>,
): PodValidationOptions {
  return {
    isPod: false,
    invalidDeletionCost: !context.enabled('PodDeletionCost'),
    invalidLabelValueInSelector: false,
    invalidLabelValueInNodeAffinity: false,
    invalidTopologySpreadSelector: false,
    indivisibleHugePages: false,
    nonLocalTokenPath: false,
    namespacedSysctlsWithHostNamespaces: false,
    onlyRecursiveSELinuxChange: !context.enabled('SELinuxMount'),
    podLevelResources: context.enabled('PodLevelResources'),
    inPlacePodLevelResources: context.enabled('InPlacePodLevelResourcesVerticalScaling'),
    matchLabelKeysInTopologySpread: context.enabled('MatchLabelKeysInPodTopologySpread'),
    matchLabelKeysSelectorMerge: context.enabled('MatchLabelKeysInPodTopologySpreadSelectorMerge'),
    oldViolatesMatchLabelKeys: false,
    oldViolatesLegacyMatchLabelKeys: false,
    envFiles: context.enabled('EnvFiles'),
    restartPolicyRules: context.enabled('ContainerRestartRules'),
    restartAllContainers: context.enabled('RestartAllContainersOnContainerExits'),
    restartOfNonSidecarInitContainers: false,
    userNamespacesWithVolumeDevices: false,
    userNamespacesWithHostNetwork: context.enabled('UserNamespacesHostNetworkSupport'),
    tolerationComparison: context.enabled('TaintTolerationComparisonOperators'),
    imageVolumeWithDigest: context.enabled('ImageVolumeWithDigest'),
  }
}
