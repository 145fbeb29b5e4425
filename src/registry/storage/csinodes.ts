import type { ResourceRules } from '../rules.js'

export const csinodes: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
}
