import { admissionregistration } from './admissionregistration/index.js'
import { apiextensions } from './apiextensions/index.js'
import { apiregistration } from './apiregistration/index.js'
import { apiserverinternal } from './apiserverinternal/index.js'
import { apps } from './apps/index.js'
import { autoscaling } from './autoscaling/index.js'
import { batch } from './batch/index.js'
import { certificates } from './certificates/index.js'
import { coordination } from './coordination/index.js'
import { core, events } from './core/index.js'
import { discovery } from './discovery/index.js'
import { flowcontrol } from './flowcontrol/index.js'
import { withKubeFinalizers } from './kube-finalizers.js'
import { networking } from './networking/index.js'
import { node } from './node/index.js'
import { policy } from './policy/index.js'
import { rbac } from './rbac/index.js'
import { resource } from './resource/index.js'
import type { ResourceRules } from './rules.js'
import { scheduling } from './scheduling/index.js'
import { storage } from './storage/index.js'
import { storagemigration } from './storagemigration/index.js'

const none: ResourceRules = {}
/** By group, then by resource. A kind that is not here has no rules of its own. */
const byGroup: Readonly<Record<string, Readonly<Record<string, ResourceRules>>>> = {
  '': core,
  apps,
  batch,
  autoscaling,
  'rbac.authorization.k8s.io': rbac,
  'scheduling.k8s.io': scheduling,
  'internal.apiserver.k8s.io': apiserverinternal,
  'storagemigration.k8s.io': storagemigration,
  policy,
  'node.k8s.io': node,
  'discovery.k8s.io': discovery,
  'coordination.k8s.io': coordination,
  'admissionregistration.k8s.io': admissionregistration,
  'apiextensions.k8s.io': apiextensions,
  'apiregistration.k8s.io': apiregistration,
  'certificates.k8s.io': certificates,
  'flowcontrol.apiserver.k8s.io': flowcontrol,
  'events.k8s.io': events,
  'networking.k8s.io': networking,
  'resource.k8s.io': resource,
  'storage.k8s.io': storage,
}

export const rulesOf = (group: string, resource: string): ResourceRules =>
  withKubeFinalizers(group, resource, byGroup[group]?.[resource] ?? none)
