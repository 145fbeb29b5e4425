const use = (since: string, label: string): string => `deprecated since ${since}; use "${label}" instead`

/** Labels that nodes should not be selected by any more, and what warnings say about them. Source: pkg/api/node/util.go. */
export const deprecatedNodeLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', use('v1.14', 'kubernetes.io/arch')],
  ['beta.kubernetes.io/os', use('v1.14', 'kubernetes.io/os')],
  ['failure-domain.beta.kubernetes.io/region', use('v1.17', 'topology.kubernetes.io/region')],
  ['failure-domain.beta.kubernetes.io/zone', use('v1.17', 'topology.kubernetes.io/zone')],
  ['beta.kubernetes.io/instance-type', use('v1.17', 'node.kubernetes.io/instance-type')],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])
