import {
  dns1123Subdomain,
  equalJson,
  FieldErrors,
  type KubeObject,
  type LabelSelectorSpec,
  labelSelector,
  quantityNonNegative,
  validateObjectMeta,
} from '../../api/index.js'
import { deprecatedNodeLabels } from '../node/deprecated-labels.js'
import type { ResourceRules } from '../rules.js'

export const csistoragecapacities: ResourceRules = {
  allowUnconditionalUpdate: false,
  validate: (capacity, errors) => validateCapacity(capacity, false, errors),
  validateUpdate(capacity, old, errors) {
    const before = new FieldErrors()
    labelSelector(before, 'nodeTopology', old.nodeTopology)
    validateObjectMeta(capacity.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateCapacity(capacity, !before.empty, errors)
    for (const field of ['nodeTopology', 'storageClassName'] as const)
      if (!equalJson(capacity[field], old[field])) errors.invalid(field, capacity[field], 'field is immutable')
  },
  warnings: ({ nodeTopology }) => topologyWarnings(nodeTopology ?? {}),
}

interface CSIStorageCapacity extends KubeObject {
  nodeTopology?: LabelSelectorSpec
  storageClassName?: string
  capacity?: string
}

function validateCapacity(capacity: CSIStorageCapacity, allowInvalidValues: boolean, errors: FieldErrors): void {
  labelSelector(errors, 'nodeTopology', capacity.nodeTopology, { allowInvalidValues })
  dns1123Subdomain(errors, 'storageClassName', capacity.storageClassName)
  quantityNonNegative(errors, 'capacity', capacity.capacity)
}

function topologyWarnings({ matchExpressions = [], matchLabels = {} }: LabelSelectorSpec): string[] {
  const warnings: string[] = []
  matchExpressions.forEach(({ key }, i) => {
    const text = deprecatedNodeLabels.get(key)
    if (text !== undefined) warnings.push(`nodeTopology.matchExpressions[${i}].key: ${key} is ${text}`)
  })
  for (const key of Object.keys(matchLabels)) {
    const text = deprecatedNodeLabels.get(key)
    if (text !== undefined) warnings.push(`nodeTopology.matchLabels.${key}: ${text}`)
  }
  return warnings
}
