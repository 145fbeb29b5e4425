import type { ResourceRules } from '../rules.js'
import { ingressclasses } from './ingressclasses.js'
import { ingresses } from './ingresses.js'
import { networkpolicies } from './networkpolicies.js'

/** The networking.k8s.io group's resources that have rules of their own. */
export const networking: Readonly<Record<string, ResourceRules>> = { ingresses, ingressclasses, networkpolicies }
