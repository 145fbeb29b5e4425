import type { PlainObject } from '../../cel/index.js'
import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'
import { optionsOf, userInfo } from '../webhook/review.js'

/** The variable `request`. Source: apiserver pkg/admission/plugin/cel, CreateAdmissionRequest. */
export function requestValue(attributes: AdmissionAttributes, view: ResourceView): PlainObject {
  const { subresource, name, namespace, operation } = attributes
  const value: Record<string, unknown> = {
    kind: view.kind,
    resource: view.resource,
    requestKind: attributes.kind,
    requestResource: attributes.resource,
    operation,
    userInfo: userInfo(attributes.user),
    dryRun: attributes.dryRun,
    options: operation === 'CONNECT' ? null : optionsOf(operation, attributes.options),
  }
  if (subresource !== '') {
    value.subResource = subresource
    value.requestSubResource = subresource
  }
  if (name !== '') value.name = name
  if (namespace !== '') value.namespace = namespace
  return value as PlainObject
}
