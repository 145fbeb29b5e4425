import {
  type AdmissionPlugin,
  type Authorize,
  CachedObjects,
  enabledPluginNames,
  makePlugins,
  type SaveQuotas,
} from '../admission/index.js'
import type { Authorizer } from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { FeatureGates } from './config/feature-gates.js'
import type { ServerConfig } from './config.js'
import { nameSuffix } from './registries.js'
import { saveQuotas } from './save-quotas.js'

/** The plugins that are on, in the order in which they are asked. */
export function admissionPlugins(
  { admission, environment }: ServerConfig,
  registries: ReadonlyMap<string, GenericRegistry>,
  authorizer: Authorizer,
  gates: FeatureGates,
): AdmissionPlugin[] {
  const objects = new CachedObjects(registries)
  const { notReadyTolerationSeconds, unreachableTolerationSeconds } = admission
  return makePlugins(enabledPluginNames(admission.enable, admission.disable), {
    objects,
    scan: (resource, namespace) => objects.scan(resource, namespace),
    enabled: (gate) => gates.enabled(gate),
    authorize: asking(authorizer),
    saveQuotas: savingQuotas(registries, environment.now),
    now: environment.now,
    random: environment.random,
    nameSuffix,
    tolerationSeconds: { notReady: notReadyTolerationSeconds, unreachable: unreachableTolerationSeconds },
  })
}

const asking =
  (authorizer: Authorizer): Authorize =>
  async (question) => {
    const { verdict } = await authorizer.authorize({
      subresource: '',
      namespace: '',
      name: '',
      path: '',
      fieldSelector: '',
      labelSelector: '',
      ...question,
      isResourceRequest: true,
    })
    return verdict === 'allow'
  }

function savingQuotas(registries: ReadonlyMap<string, GenericRegistry>, now: () => number): SaveQuotas {
  const registry = registries.get('/resourcequotas')
  return registry === undefined ? () => Promise.resolve(true) : saveQuotas(registry, now)
}
