import type { KubeObject } from '../../../api/index.js'
import type { PodTemplateSpec } from './types.js'

/** Texts for Warning headers about a pod; `old` is undefined on create. Upstream: GetWarningsForPod. */
export function podWarnings(_pod: KubeObject, _old: KubeObject | undefined): string[] {
  return []
}

/** The same for a template at `path` of another object. Upstream: GetWarningsForPodTemplate. */
export function podTemplateWarnings(
  _path: string,
  _template: PodTemplateSpec | undefined,
  _old: PodTemplateSpec | undefined,
): string[] {
  return []
}
