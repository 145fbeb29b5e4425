import type { ResourceRules } from '../rules.js'
import { ingressclasses } from './ingressclasses.js'
import { ingresses } from './ingresses.js'
import { ipaddresses } from './ipaddresses.js'
import { networkpolicies } from './networkpolicies.js'
import { servicecidrs } from './servicecidrs.js'

/** The networking.k8s.io group's resources that have rules of their own. */
export const networking: Readonly<Record<string, ResourceRules>> = {
  ingresses,
  ingressclasses,
  ipaddresses,
  networkpolicies,
  servicecidrs,
}
