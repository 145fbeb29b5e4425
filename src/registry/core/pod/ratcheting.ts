import { FieldErrors, isHugePages, isLabelValue, parseQuantity, validateLabelSelector } from '../../../api/index.js'
import type { RuleContext } from '../../rules.js'
import { type Annotations, annotation, deletionCost } from './annotations.js'
import { someContainer } from './containers.js'
import { validateMatchLabelKeys, validateUnmergedLabelKeys } from './label-keys.js'
import type { PodValidationOptions } from './options.js'
import { validateLocalNonReservedPath } from './paths.js'
import { isSidecar } from './resource-lists.js'
import type { PodSpec, PodTemplateSpec, ResourceRequirements, TopologySpreadConstraint } from './types.js'
import { validateTermSelectors } from './validate-affinity.js'
import { isDeletionCost } from './validate-annotations.js'
import { isDivisibleByPage } from './validate-resources.js'
import { hostSysctlProblem } from './validate-security.js'

/** Gates, and what else the server lets pods do. */
export type PodRuleContext = Pick<RuleContext, 'enabled' | 'allowPrivileged'>

/** Options for a template; `old` is undefined on create. Upstream: GetValidationOptionsFromPodTemplate. */
export function podTemplateOptions(
  _template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  context: PodRuleContext,
): PodValidationOptions {
  return optionsFor(old?.spec, old?.metadata?.annotations, context)
}

/** Options for a pod; `old` is undefined on create. Upstream: GetValidationOptionsFromPodSpecAndMeta. */
export function podOptions(
  old: { readonly spec?: PodSpec; readonly metadata: { readonly annotations?: Annotations } } | undefined,
  context: PodRuleContext,
): PodValidationOptions {
  return { ...optionsFor(old?.spec, old?.metadata.annotations, context), isPod: true }
}

/** What an object already has stays allowed, however the rules have become stricter since. */
function optionsFor(
  old: PodSpec | undefined,
  oldAnnotations: Annotations | undefined,
  { enabled, allowPrivileged = true }: PodRuleContext,
): PodValidationOptions {
  const constraints = old?.topologySpreadConstraints ?? []
  const cost = annotation(oldAnnotations, deletionCost)
  return {
    isPod: false,
    privileged: allowPrivileged,
    strictIp: enabled('StrictIPCIDRValidation'),
    invalidDeletionCost: !enabled('PodDeletionCost') || (cost !== undefined && !isDeletionCost(cost)),
    invalidLabelValueInSelector: old !== undefined && hasInvalidAffinitySelector(old),
    invalidLabelValueInNodeAffinity: old !== undefined && hasInvalidNodeAffinityValue(old),
    invalidTopologySpreadSelector: constraints.some(({ labelSelector }) =>
      fails((errors) => validateLabelSelector(labelSelector, errors, '')),
    ),
    indivisibleHugePages: old !== undefined && usesIndivisibleHugePages(old),
    nonLocalTokenPath: old !== undefined && hasNonLocalTokenPath(old),
    namespacedSysctlsWithHostNamespaces: (old?.securityContext?.sysctls ?? []).some(
      ({ name = '' }) => hostSysctlProblem(name, old!) !== undefined,
    ),
    onlyRecursiveSELinuxChange: !enabled('SELinuxMount') && old?.securityContext?.seLinuxChangePolicy === undefined,
    podLevelResources: enabled('PodLevelResources'),
    inPlacePodLevelResources: enabled('InPlacePodLevelResourcesVerticalScaling'),
    matchLabelKeysInTopologySpread: enabled('MatchLabelKeysInPodTopologySpread'),
    matchLabelKeysSelectorMerge: enabled('MatchLabelKeysInPodTopologySpreadSelectorMerge'),
    oldViolatesMatchLabelKeys: constraints.some(violatesMergedKeys),
    oldViolatesLegacyMatchLabelKeys: constraints.some(violatesUnmergedKeys),
    envFiles: enabled('EnvFiles') || has(old, ({ env }) => env?.some(({ valueFrom }) => valueFrom?.fileKeyRef)),
    restartPolicyRules: enabled('ContainerRestartRules') || (old !== undefined && usesRestartRules(old)),
    restartAllContainers:
      enabled('RestartAllContainersOnContainerExits') || (old !== undefined && usesRestartAllContainers(old)),
    restartOfNonSidecarInitContainers:
      old?.initContainers?.some(
        (container) =>
          !isSidecar(container) &&
          container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === 'RestartContainer'),
      ) ?? false,
    userNamespacesWithVolumeDevices: old?.hostUsers === false && has(old, ({ volumeDevices }) => volumeDevices?.length),
    userNamespacesWithHostNetwork:
      enabled('UserNamespacesHostNetworkSupport') || (old?.hostUsers === false && old.hostNetwork === true),
    tolerationComparison:
      enabled('TaintTolerationComparisonOperators') ||
      (old?.tolerations?.some(({ operator }) => operator === 'Lt' || operator === 'Gt') ?? false),
    imageVolumeWithDigest: enabled('ImageVolumeWithDigest'),
  }
}

const has = (
  spec: PodSpec | undefined,
  test: (container: NonNullable<PodSpec['containers']>[number]) => unknown,
): boolean => spec !== undefined && someContainer(spec, (container) => Boolean(test(container)))

function fails(validate: (errors: FieldErrors) => void): boolean {
  const errors = new FieldErrors()
  validate(errors)
  return !errors.empty
}

const violatesMergedKeys = (constraint: TopologySpreadConstraint): boolean =>
  fails((errors) => {
    const { matchLabelKeys = [], labelSelector } = constraint
    validateMatchLabelKeys({ matchLabelKeys }, labelSelector, '', errors)
  })

const violatesUnmergedKeys = ({ matchLabelKeys, labelSelector }: TopologySpreadConstraint): boolean =>
  fails((errors) => validateUnmergedLabelKeys(matchLabelKeys, labelSelector, '', errors))

function hasInvalidAffinitySelector({ affinity }: PodSpec): boolean {
  for (const kind of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const terms = [
      ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm ?? {}),
    ]
    if (terms.some((term) => fails((errors) => validateTermSelectors(term, false, '', errors)))) return true
  }
  return false
}

function hasInvalidNodeAffinityValue({ affinity }: PodSpec): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ values = [] }) => values.some((value) => isLabelValue(value).length > 0)),
  )
}

function usesIndivisibleHugePages(spec: PodSpec): boolean {
  const inList = (list: Readonly<Record<string, string>> = {}): boolean =>
    Object.entries(list).some(([name, text]) => isHugePages(name) && !isDivisibleByPage(name, parseQuantity(text)))
  const inRequirements = ({ limits, requests }: ResourceRequirements = {}): boolean =>
    inList(limits) || inList(requests)
  return someContainer(spec, ({ resources }) => inRequirements(resources)) || inList(spec.overhead)
}

function hasNonLocalTokenPath({ volumes = [] }: PodSpec): boolean {
  return volumes.some(({ projected }) =>
    projected?.sources?.some(
      ({ serviceAccountToken: token }) =>
        token && fails((errors) => validateLocalNonReservedPath(token.path ?? '', '', errors)),
    ),
  )
}

function usesRestartRules({ initContainers = [], containers }: PodSpec): boolean {
  return (
    initContainers.some(
      ({ restartPolicy, restartPolicyRules }) =>
        (restartPolicy !== undefined && restartPolicy !== 'Always') || (restartPolicyRules?.length ?? 0) > 0,
    ) ||
    (containers?.some(({ restartPolicy }) => restartPolicy !== undefined) ?? false)
  )
}

function usesRestartAllContainers({ initContainers = [], containers }: PodSpec): boolean {
  const all = [...(containers ?? []), ...initContainers]
  return (
    all.some(({ restartPolicyRules: rules }) => rules?.some(({ action }) => action === 'RestartAllContainers')) ||
    initContainers.some((container) => isSidecar(container) && (container.restartPolicyRules?.length ?? 0) > 0)
  )
}
