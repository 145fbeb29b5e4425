import {
  dns1123Subdomain,
  type FieldErrors,
  immutable,
  type KubeObject,
  parseIp,
  pathSegment,
  quote,
  validateObjectMeta,
} from '../../api/index.js'
import type { NameRule, ResourceRules } from '../rules.js'

/** The name is the address, in its canonical form. */
const name: NameRule = (text) => {
  const ip = parseIp(text)
  if (ip === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']
  if (ip.leadingZeros) return ['must not have leading 0s']
  if (ip.mapped) return ['must not be an IPv4-mapped IPv6 address']
  return ip.canonical === text ? [] : [`must be in canonical form (${quote(ip.canonical)})`]
}

/** That there is such an object says that the address is taken; services' are made with the service. */
export const ipaddresses: ResourceRules = {
  name,
  bareGenerateName: true,
  validate: validateParent,
  validateUpdate(object, old, errors) {
    validateObjectMeta(object.metadata, { namespaced: false, name }, 'metadata', errors)
    validateParent(object, errors)
    immutable(errors, 'spec.parentRef', object.spec?.parentRef, old.spec?.parentRef)
  },
}

interface ParentReference {
  readonly group?: string
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
}

/** Source: pkg/apis/networking/validation, validateIPAddressParentReference. */
function validateParent(object: KubeObject, errors: FieldErrors): void {
  const parent: ParentReference | undefined = object.spec?.parentRef
  const at = 'spec.parentRef'
  if (parent == null) {
    errors.required(at)
    return
  }
  if (parent.group) dns1123Subdomain(errors, `${at}.group`, parent.group)
  for (const field of ['resource', 'name'] as const) {
    if (parent[field]) pathSegment(errors, `${at}.${field}`, parent[field])
    else errors.required(`${at}.${field}`)
  }
  if (parent.namespace) pathSegment(errors, `${at}.namespace`, parent.namespace)
}
