import type { ResourceRules } from '../rules.js'
import { refuseCertificateField } from './refuse-field.js'

export const certificatesigningrequests: ResourceRules = {
  name: () => [],
  fields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  refuseField: refuseCertificateField,
  resetFields: {
    '': ['spec', 'status'],
    status: ['spec', 'status.conditions'],
    approval: ['spec', 'status.certificate'],
  },
  prepareForCreate(request, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = request.spec ?? {}
    request.spec = spec
    if (user !== undefined) {
      spec.username = user.name
      if (user.uid) spec.uid = user.uid
      if (user.groups.length > 0) spec.groups = [...user.groups]
      if (Object.keys(user.extra ?? {}).length > 0) spec.extra = { ...user.extra }
    }
    request.status = {}
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec
  },
}
