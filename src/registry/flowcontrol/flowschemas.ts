import type { ResourceRules } from '../rules.js'
import { keepAllMetadata } from './status-metadata.js'

export const flowschemas: ResourceRules = {
  generation: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1(schema) {
      schema.spec ??= {}
      schema.spec.matchingPrecedence ||= 1000
    },
  },
  prepareForStatusUpdate: keepAllMetadata,
}
