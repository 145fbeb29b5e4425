import type { AdmissionAttributes } from './admission.js'

/** Whether a request is for this resource itself or one of its subresources. */
export const isOf = ({ resource }: AdmissionAttributes, group: string, plural: string): boolean =>
  resource.resource === plural && resource.group === group

/** Whether a request is for pods themselves, not a subresource of theirs. */
export const isOfPods = (attributes: AdmissionAttributes): boolean =>
  attributes.subresource === '' && isOf(attributes, '', 'pods')
