import type { ResourceRules } from '../rules.js'
import { keepAllMetadata } from './status-metadata.js'

export const prioritylevelconfigurations: ResourceRules = {
  generation: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1({ spec }) {
      if (spec?.exempt) {
        spec.exempt.nominalConcurrencyShares ??= 0
        spec.exempt.lendablePercent ??= 0
      }
      if (!spec?.limited) return
      spec.limited.nominalConcurrencyShares ??= 30
      spec.limited.lendablePercent ??= 0
      const queuing = spec.limited.limitResponse?.queuing
      if (!queuing) return
      queuing.handSize ||= 8
      queuing.queues ||= 64
      queuing.queueLengthLimit ||= 50
    },
  },
  prepareForStatusUpdate: keepAllMetadata,
}
