import {
  child,
  type FieldErrors,
  index,
  isDns1123Label,
  nodeSelector,
  nodeSelectorTerm,
  qualifiedName,
  validateLabelSelector,
} from '../../../api/index.js'
import { validateMatchLabelKeys } from './label-keys.js'
import type { PodValidationOptions } from './options.js'
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from './types.js'

export const required = 'requiredDuringSchedulingIgnoredDuringExecution'
export const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

export function validateAffinity(
  { nodeAffinity, podAffinity, podAntiAffinity }: Affinity,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  if (nodeAffinity) validateNodeAffinity(nodeAffinity, child(path, 'nodeAffinity'), errors, options)
  const { invalidLabelValueInSelector: lenient } = options
  if (podAffinity) validatePodAffinity(podAffinity, lenient, child(path, 'podAffinity'), errors)
  if (podAntiAffinity) validatePodAffinity(podAntiAffinity, lenient, child(path, 'podAntiAffinity'), errors)
}

/** The selectors of one term; `lenient` lets invalid label values pass. */
export function validateTermSelectors(
  { labelSelector, namespaceSelector }: PodAffinityTerm,
  lenient: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const options = { allowInvalidValues: lenient }
  validateLabelSelector(labelSelector, errors, child(path, 'labelSelector'), options)
  validateLabelSelector(namespaceSelector, errors, child(path, 'namespaceSelector'), options)
}

function validateNodeAffinity(
  affinity: NodeAffinity,
  path: string,
  errors: FieldErrors,
  { invalidLabelValueInNodeAffinity: allowInvalidValues }: PodValidationOptions,
): void {
  if (affinity[required]) nodeSelector(errors, child(path, required), affinity[required], { allowInvalidValues })
  affinity[preferred]?.forEach(({ weight = 0, preference = {} }, i) => {
    const at = index(child(path, preferred), i)
    validateWeight(weight, at, errors)
    nodeSelectorTerm(errors, child(at, 'preference'), preference, { allowInvalidValues: true })
  })
}

function validatePodAffinity(affinity: PodAffinity, lenient: boolean, path: string, errors: FieldErrors): void {
  affinity[required]?.forEach((term, i) => {
    validateTerm(term, lenient, index(child(path, required), i), errors)
  })
  affinity[preferred]?.forEach(({ weight = 0, podAffinityTerm = {} }, i) => {
    const at = index(child(path, preferred), i)
    validateWeight(weight, at, errors)
    validateTerm(podAffinityTerm, lenient, child(at, 'podAffinityTerm'), errors)
  })
}

function validateTerm(term: PodAffinityTerm, lenient: boolean, path: string, errors: FieldErrors): void {
  validateTermSelectors(term, lenient, path, errors)
  for (const namespace of term.namespaces ?? []) {
    for (const wrong of isDns1123Label(namespace)) errors.invalid(child(path, 'namespace'), namespace, wrong)
  }
  validateMatchLabelKeys(term, term.labelSelector, path, errors)
  if (!term.topologyKey) errors.required(child(path, 'topologyKey'), 'can not be empty')
  qualifiedName(errors, child(path, 'topologyKey'), term.topologyKey)
}

function validateWeight(weight: number, path: string, errors: FieldErrors): void {
  if (weight <= 0 || weight > 100) errors.invalid(child(path, 'weight'), weight, 'must be in the range 1-100')
}
