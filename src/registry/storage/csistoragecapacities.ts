import type { ResourceRules } from '../rules.js'

export const csistoragecapacities: ResourceRules = {
  allowUnconditionalUpdate: false,
}
