import type { ResourceRules } from '../rules.js'
import { certificatesigningrequests } from './certificatesigningrequests.js'
import { clustertrustbundles } from './clustertrustbundles.js'
import { podcertificaterequests } from './podcertificaterequests.js'

/** The certificates.k8s.io group's resources that have rules of their own. */
export const certificates: Readonly<Record<string, ResourceRules>> = {
  certificatesigningrequests,
  clustertrustbundles,
  podcertificaterequests,
}
