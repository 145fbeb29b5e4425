import type { ResourceRules } from '../rules.js'
import { deviceclasses } from './deviceclasses.js'
import { devicetaintrules } from './devicetaintrules.js'
import { resourceclaims } from './resourceclaims.js'
import { resourceclaimtemplates } from './resourceclaimtemplates.js'
import { resourcepoolstatusrequests } from './resourcepoolstatusrequests.js'
import { resourceslices } from './resourceslices.js'

/** The resource.k8s.io group's resources that have rules of their own. */
export const resource: Readonly<Record<string, ResourceRules>> = {
  deviceclasses,
  devicetaintrules,
  resourceclaims,
  resourceclaimtemplates,
  resourcepoolstatusrequests,
  resourceslices,
}
