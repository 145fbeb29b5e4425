import {
  dns1123Label,
  type FieldErrors,
  immutable,
  index,
  type KubeObject,
  type Toleration,
  validateLabels,
  validateObjectMeta,
  tolerations as validateTolerations,
} from '../../api/index.js'
import { podTemplateOptions } from '../core/pod/index.js'
import { validateContainerResources } from '../core/pod/validate-resources.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { deprecatedNodeLabels } from './deprecated-labels.js'

interface Scheduling {
  nodeSelector?: Record<string, string>
  tolerations?: Toleration[]
}

export const runtimeclasses: ResourceRules = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  validate,
  validateUpdate(object, old, errors, context) {
    validateObjectMeta(object.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validate(object, errors, context)
    immutable(errors, 'handler', object.handler ?? '', old.handler ?? '')
  },
  warnings({ scheduling }) {
    const labels = Object.keys(scheduling?.nodeSelector ?? {})
    return labels.flatMap((label) => {
      const why = deprecatedNodeLabels.get(label)
      return why === undefined ? [] : [`scheduling.nodeSelector: ${why}`]
    })
  },
}

/** Source: ValidateRuntimeClass. */
function validate({ handler, overhead, scheduling }: KubeObject, errors: FieldErrors, context: RuleContext): void {
  if (!handler) errors.required('handler')
  else dns1123Label(errors, 'handler', handler)
  if (overhead !== undefined) {
    const options = podTemplateOptions(undefined, undefined, context)
    validateContainerResources({ limits: overhead.podFixed }, new Set(), 'overhead', errors, options)
  }
  if (scheduling !== undefined) validateScheduling(scheduling, errors)
}

function validateScheduling({ nodeSelector, tolerations }: Scheduling, errors: FieldErrors): void {
  validateLabels(nodeSelector, 'scheduling.nodeSelector', errors)
  const path = 'scheduling.tolerations'
  validateTolerations(errors, path, tolerations)
  const seen = new Set<string>()
  tolerations?.forEach(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, i) => {
    const same = JSON.stringify([key, operator, value, effect])
    if (seen.has(same)) {
      const told = {
        Key: key,
        Operator: operator,
        Value: value,
        Effect: effect,
        TolerationSeconds: tolerationSeconds ?? null,
      }
      errors.duplicate(index(path, i), told)
    }
    seen.add(same)
  })
}
