import type { ResourceRules } from '../rules.js'

export const ingresses: ResourceRules = {
  generation: true,
}
