import type { ResourceRules } from '../rules.js'
import { csidrivers } from './csidrivers.js'
import { csinodes } from './csinodes.js'
import { csistoragecapacities } from './csistoragecapacities.js'
import { storageclasses } from './storageclasses.js'
import { volumeattachments } from './volumeattachments.js'
import { volumeattributesclasses } from './volumeattributesclasses.js'

/** The storage.k8s.io group's resources that have rules of their own. */
export const storage: Readonly<Record<string, ResourceRules>> = {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
}
