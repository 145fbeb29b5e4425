import { readFile } from 'node:fs/promises'
import {
  type AdmissionPlugin,
  type Authorize,
  CachedObjects,
  enabledPluginNames,
  type MapKind,
  makePlugins,
  type PodSecurityObserver,
  type PolicyObserver,
  readAdmissionConfiguration,
  type SaveQuotas,
  type WebhookObserver,
} from '../admission/index.js'
import type { FeatureGates } from '../api/index.js'
import type { Authorizer } from '../authz/index.js'
import type { EquivalentResources } from '../endpoints/index.js'
import type { ResolveService } from '../http/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { effectiveVersions } from './config/effective-versions.js'
import type { ServerConfig } from './config.js'
import type { Loopback } from './loopback.js'
import { findingParamKinds } from './param-kinds.js'
import { nameSuffix } from './registries.js'
import { saveQuotas } from './save-quotas.js'

/**
 * The plugins that are on, in the order in which they are asked.
 *
 * @throws Error if the file with their configuration is not as it should be
 */
export async function admissionPlugins(
  { admission, environment, generic, logs }: ServerConfig,
  loopback: Loopback,
  authorizer: Authorizer,
  gates: FeatureGates,
  resolveService: ResolveService,
  observer: WebhookObserver & PolicyObserver & { readonly podSecurity: PodSecurityObserver },
  served: EquivalentResources,
): Promise<AdmissionPlugin[]> {
  const { registries } = loopback
  const log = logs.logger
  const { only, enable, disable, configFile, notReadyTolerationSeconds, unreachableTolerationSeconds } = admission
  const enabled = enabledPluginNames(enable, disable, only)
  const objects = new CachedObjects(registries)
  return makePlugins(enabled, {
    objects,
    scan: (resource, namespace) => objects.scan(resource, namespace),
    fresh: () => loopback.registry('/namespaces').fresh(),
    enabled: (gate) => gates.enabled(gate),
    authorize: asking(authorizer),
    mapKind: mappingKinds(registries),
    saveQuotas: savingQuotas(registries, environment.now),
    createNamespace: (name) =>
      loopback.ensure('/namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }),
    now: environment.now,
    random: environment.random,
    nameSuffix,
    resolveService,
    webhooks: observer,
    policies: observer,
    podSecurity: observer.podSecurity,
    emulatedMinor: effectiveVersions(generic).emulated.minor,
    decide: (question) => authorizer.authorize(question),
    findParamKind: findingParamKinds(served, registries, objects),
    webhookFailed: (message, webhook) => log.warn('Calling an admission webhook failed', { webhook, err: message }),
    tolerationSeconds: { notReady: notReadyTolerationSeconds, unreachable: unreachableTolerationSeconds },
    configuration: await readAdmissionConfiguration(configFile, enabled, (path) => readFile(path)),
  })
}

const asking =
  (authorizer: Authorizer): Authorize =>
  async (question) => {
    const { verdict, reason } = await authorizer.authorize({
      subresource: '',
      namespace: '',
      name: '',
      path: '',
      fieldSelector: '',
      labelSelector: '',
      ...question,
      isResourceRequest: true,
    })
    return { allowed: verdict === 'allow', reason }
  }

const mappingKinds =
  (registries: ReadonlyMap<string, GenericRegistry>): MapKind =>
  (group, version, kind) =>
    [...registries.values()].flatMap(({ resource }) => {
      const served = resource.group === group && resource.kind === kind
      return served && resource.versions.some((candidate) => candidate.version === version)
        ? [{ group, version, resource: resource.resource, namespaced: resource.namespaced }]
        : []
    })

function savingQuotas(registries: ReadonlyMap<string, GenericRegistry>, now: () => number): SaveQuotas {
  const registry = registries.get('/resourcequotas')
  return registry === undefined ? () => Promise.resolve(true) : saveQuotas(registry, now)
}
