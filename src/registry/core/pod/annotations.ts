/** Annotations of pods that the API server reads. Source: pkg/apis/core/annotation_key_constants.go. */
export const mirrorPod = 'kubernetes.io/config.mirror'
export const tolerationsAnnotation = 'scheduler.alpha.kubernetes.io/tolerations'
export const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
/** Followed by the container's name. */
export const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'
/** Followed by the container's name. */
export const appArmorContainer = 'container.apparmor.security.beta.kubernetes.io/'
export const deletionCost = 'controller.kubernetes.io/pod-deletion-cost'

export type Annotations = Readonly<Record<string, string>>

export const annotation = (annotations: Annotations | undefined, name: string): string | undefined =>
  annotations !== undefined && annotations !== null && Object.hasOwn(annotations, name) ? annotations[name] : undefined
