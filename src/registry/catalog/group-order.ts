/** What an APIService of the aggregator says about the rank of a built-in group version. */
export interface GroupVersionPriority {
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
}

const priority = (
  group: string,
  groupPriority: number,
  versions: Readonly<Record<string, number>>,
): readonly GroupVersionPriority[] =>
  Object.entries(versions).map(([version, versionPriority]) => ({ group, version, groupPriority, versionPriority }))

/**
 * The rank of each built-in group and version: groups by falling `groupPriority` and then by name, versions by falling
 * `versionPriority`. apiregistration.k8s.io is not here: it has no APIService and always comes first.
 * Source: kubernetes cmd/kube-apiserver/app/aggregator.go and pkg/controlplane/apiserver/aggregator.go.
 */
export const groupOrder: readonly GroupVersionPriority[] = [
  ...priority('', 18000, { v1: 1 }),
  ...priority('apps', 17800, { v1: 15 }),
  ...priority('events.k8s.io', 17750, { v1: 15 }),
  ...priority('authentication.k8s.io', 17700, { v1: 15 }),
  ...priority('authorization.k8s.io', 17600, { v1: 15 }),
  ...priority('autoscaling', 17500, { v2: 30, v1: 15 }),
  ...priority('batch', 17400, { v1: 15 }),
  ...priority('certificates.k8s.io', 17300, { v1: 15, v1beta1: 9, v1alpha1: 1 }),
  ...priority('networking.k8s.io', 17200, { v1: 15, v1beta1: 9 }),
  ...priority('policy', 17100, { v1: 15 }),
  ...priority('rbac.authorization.k8s.io', 17000, { v1: 15 }),
  ...priority('storage.k8s.io', 16800, { v1: 15, v1beta1: 9 }),
  ...priority('admissionregistration.k8s.io', 16700, { v1: 15, v1beta1: 12, v1alpha1: 9 }),
  ...priority('apiextensions.k8s.io', 16700, { v1: 15 }),
  ...priority('scheduling.k8s.io', 16600, { v1: 15, v1alpha2: 2 }),
  ...priority('coordination.k8s.io', 16500, { v1: 15, v1beta1: 13, v1alpha2: 12 }),
  ...priority('node.k8s.io', 16300, { v1: 15 }),
  ...priority('discovery.k8s.io', 16200, { v1: 15 }),
  ...priority('resource.k8s.io', 16200, { v1: 21, v1beta2: 15, v1beta1: 9, v1alpha3: 1 }),
  ...priority('flowcontrol.apiserver.k8s.io', 16100, { v1: 21 }),
  ...priority('internal.apiserver.k8s.io', 16000, { v1alpha1: 9 }),
  ...priority('storagemigration.k8s.io', 15800, { v1beta1: 9 }),
]
