import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { refuseCertificateField } from './refuse-field.js'

export const podcertificaterequests: ResourceRules = {
  allowUnconditionalUpdate: false,
  fields: {
    'spec.signerName': ({ spec }) => spec?.signerName ?? '',
    'spec.podName': ({ spec }) => spec?.podName ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
  },
  refuseField: refuseCertificateField,
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
