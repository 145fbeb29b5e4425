import { FieldErrors, index, invalid, type KubeObject } from '../../../api/index.js'
import { familyOf, type IpFamily, validateClusterIPs } from '../service-cluster-ips.js'
import { type ServiceSpec, sameTexts, serviceSpec, specOf } from '../service-types.js'

export interface FamilyOptions {
  /** Families of the configured ranges; the first is the default. */
  readonly families: readonly IpFamily[]
  /** The gate StrictIPCIDRValidation. */
  readonly strict: boolean
}

/**
 * Fills in ipFamilyPolicy and ipFamilies from what the service says and the cluster has, in place, so that every service
 * which gets addresses has one family for each. Throws ApiError (Invalid) if what it says does not fit.
 * Source: pkg/registry/core/service/storage/alloc.go, initIPFamilyFields.
 */
export function initFamilies(service: KubeObject, old: KubeObject | undefined, options: FamilyOptions): void {
  const spec = serviceSpec(service)
  const before = old && specOf(old)
  if (spec.type === 'ExternalName' || keepsPreference(spec, before)) return
  const errors = new FieldErrors()
  const stopIfWrong = (): void => {
    if (!errors.empty) throw invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors)
  }
  const selectorless = Object.keys(spec.selector ?? {}).length === 0
  const freeHeadless = spec.clusterIP === 'None' && selectorless
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (freeHeadless ? 'RequireDualStack' : 'SingleStack')
  validateClusterIPs(spec, before, errors, options.strict)
  stopIfWrong()

  if (before !== undefined) shrink(spec, before, errors)
  checkSingleStack(spec, errors)
  inferFamilies(spec, options, errors)
  stopIfWrong()

  const [primary = 'IPv4'] = options.families
  // Nobody knows what endpoints such a service will get: it may have families the cluster has not.
  if (freeHeadless) {
    if (!spec.ipFamilies?.length) spec.ipFamilies = [primary]
    if (spec.ipFamilyPolicy !== 'SingleStack') addOther(spec)
    return
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && options.families.length < 2) {
    errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')
  }
  spec.ipFamilies?.forEach((family, i) => {
    if (!options.families.includes(family as IpFamily)) {
      errors.invalid(index('spec.ipFamilies', i), family, 'not configured on this cluster')
    }
  })
  stopIfWrong()
  if (!spec.ipFamilies?.length) spec.ipFamilies = [primary]
  if (spec.ipFamilyPolicy !== 'SingleStack' && options.families.length === 2) addOther(spec)
}

/**
 * A service that prefers two families and does not touch them keeps what it has, however the cluster's ranges have changed
 * since. Also asked before addresses are allocated.
 */
export function keepsPreference(spec: Readonly<ServiceSpec>, before: Readonly<ServiceSpec> | undefined): boolean {
  if (before === undefined || spec.ipFamilyPolicy == null || before.type !== spec.type) return false
  if (spec.type !== 'ClusterIP' && spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return false
  if (spec.ipFamilyPolicy !== 'PreferDualStack') return false
  if (before.ipFamilyPolicy != null && before.ipFamilyPolicy !== 'PreferDualStack') return false
  return sameTexts(before.clusterIPs, spec.clusterIPs) && sameTexts(before.ipFamilies, spec.ipFamilies)
}

/** SingleStack lets go of the second address and family; without it nobody may. */
function shrink(spec: ServiceSpec, before: Readonly<ServiceSpec>, errors: FieldErrors): void {
  const ips = spec.clusterIPs ?? []
  const families = spec.ipFamilies ?? []
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (ips.length > 1 && sameTexts(before.clusterIPs, ips)) spec.clusterIPs = ips.slice(0, 1)
    if (families.length > 1 && sameTexts(before.ipFamilies, families)) spec.ipFamilies = families.slice(0, 1)
    return
  }
  const at = 'spec.ipFamilyPolicy'
  if (ips.length > 0 && ips.length < (before.clusterIPs?.length ?? 0)) {
    errors.invalid(at, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP")
  }
  if (families.length > 0 && families.length < (before.ipFamilies?.length ?? 0)) {
    errors.invalid(at, spec.ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family")
  }
}

function checkSingleStack({ ipFamilyPolicy, clusterIPs, ipFamilies }: ServiceSpec, errors: FieldErrors): void {
  if (ipFamilyPolicy !== 'SingleStack') return
  const wanted = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
  const at = 'spec.ipFamilyPolicy'
  if (clusterIPs?.length === 2) errors.invalid(at, ipFamilyPolicy, `${wanted} cluster IPs are specified`)
  if (ipFamilies?.length === 2) errors.invalid(at, ipFamilyPolicy, `${wanted} IP families are specified`)
}

function inferFamilies(spec: ServiceSpec, { families }: FamilyOptions, errors: FieldErrors): void {
  const ips = spec.clusterIPs ?? []
  for (const [i, ip] of ips.entries()) {
    if (ip === 'None') return
    if (i < (spec.ipFamilies?.length ?? 0)) continue
    const family = familyOf(ip)
    if (families.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else errors.invalid(index('spec.clusterIPs', i), ips, `${family} is not configured on this cluster`)
  }
}

function addOther(spec: ServiceSpec): void {
  if (spec.ipFamilies?.length === 1)
    spec.ipFamilies = [...spec.ipFamilies, spec.ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4']
}
