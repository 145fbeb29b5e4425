import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'

const classes = 'scheduling.k8s.io/priorityclasses'

/**
 * Computes the priority of pods (and pod groups) from their priority class, or from the one that is the default, and sees
 * to it that there is one default at most.
 *
 * @param preemptsGroups whether pod groups have a priority (feature gate WorkloadAwarePreemption)
 * @see kubernetes plugin/pkg/admission/priority
 */
export function priority(objects: ObjectReader, preemptsGroups: boolean): AdmissionPlugin {
  return {
    name: 'Priority',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { resource, subresource, operation } = attributes
      if (subresource !== '') return
      if (resource.group === '' && resource.resource === 'pods') admitPod(objects, attributes)
      else if (preemptsGroups && operation === 'CREATE' && isPodGroup(attributes)) admitPodGroup(objects, attributes)
    },
    validate(attributes) {
      const { resource, subresource, operation, object } = attributes
      if (resource.resource !== 'priorityclasses' || resource.group !== 'scheduling.k8s.io' || subresource !== '')
        return
      if (object?.globalDefault !== true) return
      const other = defaultClass(objects)?.metadata.name
      if (other === undefined || (operation === 'UPDATE' && other === object.metadata.name)) return
      throw refuse(attributes, `PriorityClass ${other} is already marked as default. Only one default can exist`)
    },
  }
}

const isPodGroup = ({ resource }: AdmissionAttributes): boolean =>
  resource.group === 'scheduling.k8s.io' && resource.resource === 'podgroups'

function admitPod(objects: ObjectReader, attributes: AdmissionAttributes): void {
  const { operation, object, oldObject } = attributes
  if (object === undefined) return
  object.spec ??= {}
  const { spec } = object
  if (operation === 'UPDATE') {
    spec.priority ??= oldObject?.spec?.priority
    spec.preemptionPolicy ??= oldObject?.spec?.preemptionPolicy
    return
  }
  const computed = establish(objects, attributes, spec.priorityClassName)
  if (computed.name !== '') spec.priorityClassName = computed.name
  const { value, policy } = computed
  if (typeof spec.priority === 'number' && spec.priority !== value)
    throw refuse(
      attributes,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  spec.priority = value
  if (policy === undefined) return
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refuse(
      attributes,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  spec.preemptionPolicy = policy
}

function admitPodGroup(objects: ObjectReader, attributes: AdmissionAttributes): void {
  const { object } = attributes
  if (object === undefined) return
  object.spec ??= {}
  const { spec } = object
  const { name, value } = establish(objects, attributes, spec.priorityClassName)
  if (typeof spec.priority === 'number' && spec.priority !== value)
    throw refuse(
      attributes,
      `priority set in the pod group (${spec.priority}) must match the priority computed (${value}) based on the priority class set in the spec`,
    )
  spec.priority = value
  if (name !== '') spec.priorityClassName = name
}

interface Established {
  readonly name: string
  readonly value: number
  readonly policy: string | undefined
}

function establish(objects: ObjectReader, attributes: AdmissionAttributes, name: string | undefined): Established {
  if (!name) {
    const found = defaultClass(objects)
    return found === undefined
      ? { name: '', value: 0, policy: 'PreemptLowerPriority' }
      : { name: found.metadata.name ?? '', value: worth(found), policy: found.preemptionPolicy }
  }
  const found = objects.find(classes, '', name)
  if (found === undefined) throw refuse(attributes, `no PriorityClass with name ${name} was found`)
  return { name, value: worth(found), policy: found.preemptionPolicy }
}

/** Where a race has made two defaults, the one with the lower value. */
function defaultClass(objects: ObjectReader): KubeObject | undefined {
  let found: KubeObject | undefined
  for (const candidate of objects.list(classes, ''))
    if (candidate.globalDefault === true && (found === undefined || worth(candidate) < worth(found))) found = candidate
  return found
}

const worth = (priorityClass: KubeObject): number => priorityClass.value ?? 0
