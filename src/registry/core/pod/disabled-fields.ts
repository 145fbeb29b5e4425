import type { KubeObject } from '../../../api/index.js'
import type { RuleContext } from '../../rules.js'
import type { PodSpec, PodTemplateSpec } from './types.js'

type Gates = Pick<RuleContext, 'enabled'>

/** Takes away what switched-off feature gates do not know, unless the old object has it already. */
export function dropDisabledTemplateFields(
  template: PodTemplateSpec | undefined,
  old: PodTemplateSpec | undefined,
  gates: Gates,
): void {
  if (template?.spec) dropDisabledSpecFields(template.spec, old?.spec, gates)
}

/** The same for a pod, its status included. */
export function dropDisabledPodFields(pod: KubeObject, old: KubeObject | undefined, gates: Gates): void {
  if (pod.spec) dropDisabledSpecFields(pod.spec, old?.spec, gates)
}

function dropDisabledSpecFields(spec: PodSpec, old: PodSpec | undefined, gates: Gates): void {
  if (!gates.enabled('GenericWorkload') && !old?.schedulingGroup) delete spec.schedulingGroup
}
