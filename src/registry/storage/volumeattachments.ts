import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

export const volumeattachments: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
