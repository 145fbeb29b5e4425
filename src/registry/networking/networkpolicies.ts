import type { ResourceRules } from '../rules.js'

export const networkpolicies: ResourceRules = {
  generation: true,
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
}

interface NetworkPolicySpec {
  ingress?: NetworkPolicyRule[]
  egress?: NetworkPolicyRule[]
  policyTypes?: string[]
}

interface NetworkPolicyRule {
  ports?: { protocol?: string }[]
}
