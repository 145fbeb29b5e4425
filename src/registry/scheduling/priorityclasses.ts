import { forbidden, immutable } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

/** The classes that every cluster has, and their values. Source: pkg/apis/scheduling/v1/helpers.go. */
const systemClasses: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
])
const systemPrefix = 'system-'
const highestUserPriority = 1_000_000_000

export const priorityclasses: ResourceRules = {
  defaults: {
    v1(object) {
      object.preemptionPolicy ??= 'PreemptLowerPriority'
    },
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1
  },
  validate({ metadata: { name = '' }, value = 0, globalDefault = false, preemptionPolicy }, errors) {
    if (name.startsWith(systemPrefix)) {
      const wrong = unlikeSystemClass(name, value, globalDefault)
      if (wrong !== undefined)
        errors.forbidden(
          'metadata.name',
          `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${wrong}`,
        )
    } else if (value > highestUserPriority) {
      errors.forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`)
    }
    if (preemptionPolicy === '') errors.required('preemptionPolicy')
    else if (preemptionPolicy !== undefined && !policies.includes(preemptionPolicy))
      errors.notSupportedInOrder('preemptionPolicy', preemptionPolicy, policies)
  },
  validateUpdate({ value, preemptionPolicy }, old, errors) {
    if ((value ?? 0) !== (old.value ?? 0)) errors.forbidden('value', 'may not be changed in an update.')
    immutable(errors, 'preemptionPolicy', preemptionPolicy, old.preemptionPolicy)
  },
  checkDeletion(name) {
    if (systemClasses.has(name))
      throw forbidden(
        { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
        name,
        'this is a system priority class and cannot be deleted',
      )
  },
}

const policies = ['PreemptLowerPriority', 'Never']

function unlikeSystemClass(name: string, value: number, globalDefault: boolean): string | undefined {
  const expected = systemClasses.get(name)
  if (expected === undefined) return `${name} is not a known system priority class`
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
