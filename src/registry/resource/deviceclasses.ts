import type { ResourceRules } from '../rules.js'

export const deviceclasses: ResourceRules = {
  generation: true,
  returnDeletedObject: true,
}
