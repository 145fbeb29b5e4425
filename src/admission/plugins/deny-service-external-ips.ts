import type { AdmissionPlugin } from '../admission.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

/**
 * Lets services have no external IPs but those that they have already.
 *
 * @see kubernetes plugin/pkg/admission/network/denyserviceexternalips
 */
export function denyServiceExternalIPs(): AdmissionPlugin {
  return {
    name: 'DenyServiceExternalIPs',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (subresource !== '' || !isOf(attributes, '', 'services')) return
      const wanted: readonly string[] = object?.spec?.externalIPs ?? []
      const had: readonly string[] = oldObject?.spec?.externalIPs ?? []
      if (!wanted.every((ip) => had.includes(ip)))
        throw refuse(attributes, 'Use of external IPs is denied by admission control')
    },
  }
}
