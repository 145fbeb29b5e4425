import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

export const resourcepoolstatusrequests: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  prepareForCreate(request) {
    delete request.status
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
