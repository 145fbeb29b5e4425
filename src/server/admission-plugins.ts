import { type AdmissionPlugin, CachedObjects, enabledPluginNames, makePlugins } from '../admission/index.js'
import type { FeatureGates } from './config/feature-gates.js'
import type { ServerConfig } from './config.js'
import type { Loopback } from './loopback.js'

/** The plugins that are on, in the order in which they are asked. */
export function admissionPlugins(
  { admission }: ServerConfig,
  loopback: Loopback,
  gates: FeatureGates,
): AdmissionPlugin[] {
  const { notReadyTolerationSeconds, unreachableTolerationSeconds } = admission
  return makePlugins(enabledPluginNames(admission.enable, admission.disable), {
    objects: new CachedObjects(loopback.registries),
    enabled: (gate) => gates.enabled(gate),
    tolerationSeconds: { notReady: notReadyTolerationSeconds, unreachable: unreachableTolerationSeconds },
  })
}
