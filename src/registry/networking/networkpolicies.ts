import { cidrWarnings, FieldErrors, validateLabelSelector } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { blocksOf, type NetworkPolicySpec, type Tolerance, validatePolicySpec } from './network-policy-spec.js'

export const networkpolicies: ResourceRules = {
  generation: 'to the last nil',
  defaults: {
    v1(policy) {
      policy.spec ??= {}
      const spec: NetworkPolicySpec = policy.spec
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
        for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
      if ((spec.policyTypes ?? []).length === 0)
        spec.policyTypes = (spec.egress ?? []).length === 0 ? ['Ingress'] : ['Ingress', 'Egress']
    },
  },
  validate({ spec = {} }, errors, { enabled }) {
    validatePolicySpec(spec, { strict: enabled('StrictIPCIDRValidation'), old: [], labelValues: false }, errors)
  },
  validateUpdate({ spec = {} }, old, errors, { enabled }) {
    validatePolicySpec(spec, toleranceOf(old.spec ?? {}, enabled('StrictIPCIDRValidation')), errors)
  },
  warnings: ({ spec = {} }) =>
    blocksOf(spec).flatMap(({ block, at }) => [
      ...cidrWarnings(`${at}.cidr`, block.cidr ?? ''),
      ...(block.except ?? []).flatMap((except, i) => cidrWarnings(`${at}.except[${i}]`, except)),
    ]),
}

/** Blocks that were there before stay valid wherever they stand now. */
function toleranceOf(old: NetworkPolicySpec, strict: boolean): Tolerance {
  const errors = new FieldErrors()
  validateLabelSelector(old.podSelector, errors, '')
  const blocks = blocksOf(old).flatMap(({ block }) => [block.cidr ?? '', ...(block.except ?? [])])
  return { strict, old: blocks, labelValues: !errors.empty }
}
