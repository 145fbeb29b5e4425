import type { ResourceRules } from '../rules.js'

export const ingressclasses: ResourceRules = {
  generation: true,
  defaults: {
    v1({ spec }) {
      if (spec?.parameters) spec.parameters.scope ??= 'Cluster'
    },
  },
}
