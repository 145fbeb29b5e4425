import type { ResolveService } from '../http/index.js'
import type { AdmissionPlugin } from './admission.js'
import type { Authorize } from './authorization.js'
import type { AdmissionConfiguration } from './configuration/configuration.js'
import type { Decide } from './expressions/checks.js'
import type { ObjectReader, ObjectScan } from './objects.js'
import { alwaysAdmit, alwaysDeny } from './plugins/always.js'
import { alwaysPullImages } from './plugins/always-pull-images.js'
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  clusterTrustBundleAttest,
} from './plugins/certificates.js'
import { defaultIngressClass, defaultStorageClass } from './plugins/default-classes.js'
import { type DefaultTolerationSeconds, defaultTolerationSeconds } from './plugins/default-toleration-seconds.js'
import { denyServiceExternalIPs } from './plugins/deny-service-external-ips.js'
import { eventRateLimit } from './plugins/event-rate-limit.js'
import { extendedResourceToleration } from './plugins/extended-resource-toleration.js'
import { limitPodHardAntiAffinityTopology } from './plugins/limit-pod-hard-anti-affinity-topology.js'
import { limitRanger } from './plugins/limit-ranger.js'
import { namespaceLifecycle } from './plugins/namespace-lifecycle.js'
import { namespaceAutoProvision, namespaceExists } from './plugins/namespaces.js'
import { nodeDeclaredFeatureValidator } from './plugins/node-declared-feature-validator.js'
import { nodeRestriction } from './plugins/node-restriction.js'
import { type MapKind, ownerReferencesPermissionEnforcement } from './plugins/owner-references.js'
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.js'
import { jobValidation, podGroupProtection, podGroupWorkloadExists } from './plugins/pod-groups.js'
import { podNodeSelector } from './plugins/pod-node-selector.js'
import { podResizeValidator } from './plugins/pod-resize-validator.js'
import { podTolerationRestriction } from './plugins/pod-toleration-restriction.js'
import { podTopologyLabels } from './plugins/pod-topology-labels.js'
import { priority } from './plugins/priority.js'
import { runtimeClass } from './plugins/runtime-class.js'
import { serviceAccount } from './plugins/service-account.js'
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.js'
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.js'
import type { PodSecurityObserver } from './pod-security/observer.js'
import { podSecurity } from './pod-security/pod-security.js'
import type { PolicyObserver } from './policy/observer.js'
import type { FindParamKind } from './policy/params.js'
import { mutatingAdmissionPolicy, validatingAdmissionPolicy } from './policy/plugins.js'
import { resourceQuota, type SaveQuotas } from './resource-quota/resource-quota.js'
import { imagePolicyWebhook } from './webhook/image-policy.js'
import type { WebhookObserver } from './webhook/observer.js'
import { mutatingWebhooks, validatingWebhooks } from './webhook/plugins.js'

/** What plugins are made of. */
export interface PluginEnvironment {
  readonly objects: ObjectReader
  readonly scan: ObjectScan
  /** After it, reads see what other servers have written before. Default: nothing to wait for. */
  readonly fresh?: () => Promise<void> | undefined
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  readonly authorize: Authorize
  readonly mapKind: MapKind
  readonly saveQuotas: SaveQuotas
  /** Makes a namespace, or leaves one alone that is there. */
  createNamespace(name: string): Promise<void>
  /** What --admission-control-config-file says. */
  readonly configuration: AdmissionConfiguration
  /** Wall clock, milliseconds. */
  now(): number
  /** From 0 up to 1. */
  random(): number
  /** Five characters for a generated name. */
  nameSuffix(): string
  readonly tolerationSeconds: DefaultTolerationSeconds
  readonly resolveService: ResolveService
  readonly webhooks: WebhookObserver
  readonly policies: PolicyObserver
  readonly podSecurity?: PodSecurityObserver
  /** Which minor version of Kubernetes the server behaves as. Default: the newest. */
  readonly emulatedMinor?: number
  /** What the authorizers say, with what is wrong with them. */
  readonly decide: Decide
  readonly findParamKind: FindParamKind
  /** Tells the log of a webhook that could not be asked. */
  webhookFailed(message: string, webhook: string): void
}

/** A plugin that upstream has. */
interface PluginEntry {
  readonly name: string
  /** On unless it is disabled. */
  readonly byDefault: boolean
  /** Answers undefined where a feature gate keeps the plugin from doing anything. */
  readonly make: (environment: PluginEnvironment) => AdmissionPlugin | undefined
}

const on = (name: string, make: PluginEntry['make']): PluginEntry => ({ name, byDefault: true, make })
const off = (name: string, make: PluginEntry['make']): PluginEntry => ({ name, byDefault: false, make })

/** In the order in which they are asked. Source: kubernetes pkg/kubeapiserver/options/plugins.go. */
const table: readonly PluginEntry[] = [
  off('AlwaysAdmit', alwaysAdmit),
  off('NamespaceAutoProvision', ({ objects, createNamespace }) => namespaceAutoProvision(objects, createNamespace)),
  on('NamespaceLifecycle', ({ objects, fresh }) =>
    namespaceLifecycle((name) => objects.find('/namespaces', '', name), fresh),
  ),
  off('NamespaceExists', ({ objects }) => namespaceExists(objects)),
  off('LimitPodHardAntiAffinityTopology', limitPodHardAntiAffinityTopology),
  on('LimitRanger', ({ objects, enabled }) => limitRanger(objects, enabled('PodLevelResources'))),
  on('ServiceAccount', (environment) => serviceAccount(environment.objects, environment)),
  off('NodeRestriction', ({ objects, authorize, enabled }) => nodeRestriction(objects, { authorize, enabled })),
  on('TaintNodesByCondition', taintNodesByCondition),
  off('AlwaysPullImages', alwaysPullImages),
  off('ImagePolicyWebhook', ({ configuration: { imagePolicy }, now }) =>
    imagePolicy === undefined ? undefined : imagePolicyWebhook(imagePolicy, now),
  ),
  on('PodSecurity', ({ objects, scan, configuration, podSecurity: observer, emulatedMinor }) =>
    podSecurity(objects, scan, configuration.podSecurity, observer, emulatedMinor),
  ),
  off('PodNodeSelector', ({ objects, configuration }) => podNodeSelector(objects, configuration.podNodeSelector)),
  on('Priority', ({ objects, enabled }) => priority(objects, enabled('WorkloadAwarePreemption'))),
  on('DefaultTolerationSeconds', ({ tolerationSeconds }) => defaultTolerationSeconds(tolerationSeconds)),
  off('PodTolerationRestriction', ({ objects, configuration }) =>
    podTolerationRestriction(objects, configuration.podTolerationRestriction),
  ),
  off('EventRateLimit', ({ configuration, now }) => eventRateLimit(configuration.eventRateLimit ?? [], now)),
  off('ExtendedResourceToleration', extendedResourceToleration),
  on('DefaultStorageClass', ({ objects }) => defaultStorageClass(objects)),
  on('StorageObjectInUseProtection', storageObjectInUseProtection),
  on('PodGroupProtection', ({ enabled }) => (enabled('GenericWorkload') ? podGroupProtection() : undefined)),
  off('OwnerReferencesPermissionEnforcement', ({ authorize, mapKind }) =>
    ownerReferencesPermissionEnforcement(authorize, mapKind),
  ),
  on('PersistentVolumeClaimResize', ({ objects }) => persistentVolumeClaimResize(objects)),
  on('RuntimeClass', ({ objects }) => runtimeClass(objects)),
  on('CertificateApproval', ({ authorize }) => certificateApproval(authorize)),
  on('CertificateSigning', ({ authorize }) => certificateSigning(authorize)),
  on('ClusterTrustBundleAttest', ({ authorize, enabled }) =>
    enabled('ClusterTrustBundle') ? clusterTrustBundleAttest(authorize) : undefined,
  ),
  on('CertificateSubjectRestriction', certificateSubjectRestriction),
  on('DefaultIngressClass', ({ objects }) => defaultIngressClass(objects)),
  off('DenyServiceExternalIPs', denyServiceExternalIPs),
  on('PodTopologyLabels', ({ objects, enabled }) =>
    enabled('PodTopologyLabelsAdmission') ? podTopologyLabels(objects) : undefined,
  ),
  on('PodGroupWorkloadExists', ({ objects, enabled }) =>
    enabled('GenericWorkload') ? podGroupWorkloadExists(objects) : undefined,
  ),
  on('NodeDeclaredFeatureValidator', ({ objects, enabled }) =>
    enabled('NodeDeclaredFeatures') ? nodeDeclaredFeatureValidator(objects) : undefined,
  ),
  on('JobValidation', ({ objects, enabled }) =>
    enabled('GenericWorkload') || enabled('WorkloadWithJob') ? jobValidation(objects) : undefined,
  ),
  on('PodResizeValidator', ({ objects }) => podResizeValidator(objects)),
  on('MutatingAdmissionPolicy', (environment) =>
    environment.enabled('MutatingAdmissionPolicy') ? mutatingAdmissionPolicy(environment) : undefined,
  ),
  on('MutatingAdmissionWebhook', mutatingWebhooks),
  on('ValidatingAdmissionPolicy', validatingAdmissionPolicy),
  on('ValidatingAdmissionWebhook', validatingWebhooks),
  on('ResourceQuota', ({ objects, saveQuotas, now, enabled, configuration }) =>
    resourceQuota(objects, { save: saveQuotas, now, enabled, limited: configuration.resourceQuota ?? [] }),
  ),
  off('AlwaysDeny', alwaysDeny),
]

/** All names that the flags know, in order. */
export const admissionPluginNames: readonly string[] = table.map(({ name }) => name)

/**
 * A plugin that is enabled by name stays on although it is disabled by name: the flags' checks refuse that before.
 *
 * @param only if there are any, these and no others
 */
export function enabledPluginNames(
  enable: readonly string[],
  disable: readonly string[],
  only: readonly string[] = [],
): string[] {
  if (only.length > 0) return admissionPluginNames.filter((name) => only.includes(name))
  return table
    .filter(({ name, byDefault }) => enable.includes(name) || (byDefault && !disable.includes(name)))
    .map(({ name }) => name)
}

/** The plugins of these names, in upstream's order. */
export function makePlugins(names: readonly string[], environment: PluginEnvironment): AdmissionPlugin[] {
  return table.flatMap(({ name, make }) => {
    const plugin = names.includes(name) ? make(environment) : undefined
    return plugin === undefined ? [] : [plugin]
  })
}
