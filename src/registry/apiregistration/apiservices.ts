import { rfc3339 } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

export const apiservices: ResourceRules = {
  name: 'pathSegment',
  allowUnconditionalUpdate: false,
  resetFields: { status: ['spec', 'metadata'] },
  defaults: {
    v1({ spec }) {
      if (spec?.service) spec.service.port ??= 443
    },
  },
  prepareForCreate(service, { now }) {
    service.status =
      service.spec?.service === undefined
        ? { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: rfc3339(now()), ...local }] }
        : {}
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}

const local = { reason: 'Local', message: 'Local APIServices are always available' }
