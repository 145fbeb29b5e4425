import type { KubeObject } from '../../api/index.js'
import type { MatchResources, Rule, Webhook } from './types.js'

/** Source: kubernetes pkg/apis/admissionregistration/v1/defaults.go. */

export function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  defaultRules(webhook.rules)
  const service = webhook.clientConfig?.service
  if (service) service.port ??= 443
}

/** Policies of both kinds. */
export function defaultPolicy(policy: KubeObject): void {
  policy.spec ??= {}
  policy.spec.failurePolicy ??= 'Fail'
  defaultMatch(policy.spec.matchConstraints)
}

/** Bindings of both kinds. */
export function defaultBinding(binding: KubeObject): void {
  defaultMatch(binding.spec?.matchResources)
}

/** In v1alpha1 a binding need not say what happens where its parameter is missing. */
export function defaultAlphaBinding(binding: KubeObject): void {
  defaultBinding(binding)
  const ref = binding.spec?.paramRef
  if (ref) ref.parameterNotFoundAction ??= 'Deny'
}

function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  defaultRules(match.resourceRules)
  defaultRules(match.excludeResourceRules)
}

function defaultRules(rules: Rule[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}
