import { type FieldErrors, index, legacyIpAddress, oneOf, optionalOneOf, parseIp } from '../../api/index.js'
import { isHeadless, type ServiceSpec } from './service-types.js'

/**
 * How clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy go together; asked before allocation and again by validation.
 * Source: pkg/apis/core/validation, ValidateServiceClusterIPsRelatedFields.
 */
export function validateClusterIPs(
  spec: Readonly<ServiceSpec>,
  old: Readonly<ServiceSpec> | undefined,
  errors: FieldErrors,
  strict: boolean,
): void {
  if (spec.type === 'ExternalName') return
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec
  const at = 'spec.clusterIPs'
  if (clusterIP === '') {
    if (clusterIPs.length > 0) errors.invalid(at, clusterIPs, 'must be empty when `clusterIP` is not specified')
  } else if (clusterIPs.length === 0) errors.required(at)
  else if (clusterIPs[0] !== clusterIP) errors.invalid(at, clusterIPs, 'first value must match `clusterIP`')

  ipFamilies.forEach((family, i) => {
    const own = index('spec.ipFamilies', i)
    oneOf(errors, own, family, ['IPv4', 'IPv6'])
    if (ipFamilies.indexOf(family) < i) errors.duplicate(own, family)
  })
  const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']
  optionalOneOf(errors, 'spec.ipFamilyPolicy', spec.ipFamilyPolicy, policies)

  let misplaced = false
  clusterIPs.forEach((ip, i) => {
    if (i > 0 || ip !== 'None')
      misplaced = !legacyIpAddress(errors, index(at, i), ip, { old: old?.clusterIPs ?? [], strict }) || misplaced
    else if (clusterIPs.length > 1) {
      misplaced = true
      errors.invalid(at, clusterIPs, "'None' must be the first and only value")
    }
  })
  if (clusterIPs.length > 2) errors.invalid(at, clusterIPs, 'may only hold up to 2 values')
  // With a bad address everything below would only repeat it in other words.
  if (misplaced) return
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    errors.invalid(at, clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (isHeadless(spec)) return
  clusterIPs.forEach((ip, i) => {
    const family = ipFamilies[i]
    const own = familyOf(ip)
    if ((family === 'IPv4' || family === 'IPv6') && family !== own) {
      errors.invalid(index(at, i), ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)
    }
  })
}

export type IpFamily = 'IPv4' | 'IPv6'

/** An address written as IPv4 in IPv6 is IPv4. */
export const familyOf = (ip: string): IpFamily => (parseIp(ip)?.family === 6 ? 'IPv6' : 'IPv4')

const isDualStack = (ips: readonly string[]): boolean =>
  ips.some((ip) => familyOf(ip) === 'IPv4') && ips.some((ip) => familyOf(ip) === 'IPv6')
