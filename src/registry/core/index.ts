import type { ResourceRules } from '../rules.js'
import { configMaps } from './config-maps.js'
import { endpoints } from './endpoints.js'
import { coreEvents, newEvents } from './events.js'
import { limitRanges } from './limit-ranges.js'
import { namespaces } from './namespaces.js'
import { nodes } from './nodes.js'
import { persistentVolumeClaims } from './persistent-volume-claims.js'
import { persistentVolumes } from './persistent-volumes.js'
import { pods } from './pods.js'
import { podtemplates } from './podtemplates.js'
import { replicationcontrollers } from './replicationcontrollers.js'
import { resourceQuotas } from './resource-quotas.js'
import { secrets } from './secrets.js'
import { serviceAccounts } from './service-accounts.js'
import { services } from './services.js'

/** The core group's resources that have rules of their own. */
export const core: Readonly<Record<string, ResourceRules>> = {
  configmaps: configMaps,
  endpoints,
  limitranges: limitRanges,
  nodes,
  persistentvolumeclaims: persistentVolumeClaims,
  persistentvolumes: persistentVolumes,
  resourcequotas: resourceQuotas,
  secrets,
  serviceaccounts: serviceAccounts,
  services,
  events: coreEvents,
  namespaces,
  pods,
  podtemplates,
  replicationcontrollers,
}

/** Those of events.k8s.io, which shares the storage of the core group's events. */
export const events: Readonly<Record<string, ResourceRules>> = { events: newEvents }

export { defaultPodLevelResources } from './pod/index.js'
export {
  type PortRange,
  repairServiceAllocation,
  type ServiceAllocationOptions,
  type ServiceAllocationUsage,
  serviceAllocationUsage,
  serviceCompanions,
  type Usage,
} from './service-allocation/index.js'
