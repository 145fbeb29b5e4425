import type { ResourceRules } from '../rules.js'
import { refuseCertificateField } from './refuse-field.js'

export const clustertrustbundles: ResourceRules = {
  name: () => [],
  allowUnconditionalUpdate: false,
  fields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  refuseField: refuseCertificateField,
}
