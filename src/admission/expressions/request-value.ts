import type { PlainObject } from '../../cel/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'
import { optionsOf, userInfo } from '../webhook/review.js'

/** The variable `request`. Source: apiserver pkg/admission/plugin/cel, CreateAdmissionRequest. */
export function requestValue(attributes: AdmissionAttributes, view: ResourceView): PlainObject {
  const { subresource, name, namespace, operation } = attributes
  return {
    kind: { ...view.kind },
    resource: { ...view.resource },
    ...(subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: { ...attributes.kind },
    requestResource: { ...attributes.resource },
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfo(attributes.user) as PlainObject,
    dryRun: attributes.dryRun,
    options: operation === 'CONNECT' ? null : (optionsOf(operation, attributes.options) as unknown as PlainObject),
  }
}
