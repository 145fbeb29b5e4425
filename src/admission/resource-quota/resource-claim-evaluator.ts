import { isNativeResource, type KubeObject, type Quantity, quantityOf } from '../../api/index.js'
import type { ObjectReader } from '../objects.js'
import type { Amounts } from '../pod-resources.js'
import type { Evaluator } from './evaluator.js'
import { changes, one } from './object-evaluators.js'

const count = 'count/resourceclaims.resource.k8s.io'
const perClass = '.deviceclass.resource.k8s.io/devices'
/** Before the name of a class: the devices of the class as an extended resource. */
const implicit = 'deviceclass.resource.kubernetes.io/'
const requests = 'requests.'
const forPods = 'resource.kubernetes.io/extended-resource-claim'
const classes = 'resource.k8s.io/deviceclasses'
/** Source: api resource/v1, AllocationResultsMaxSize. */
const allDevices = 32

interface DeviceRequest {
  readonly deviceClassName?: string
  readonly allocationMode?: string
  readonly count?: number
}

/**
 * @param pods measures pods, where their extended resources may be devices (feature gate DRAExtendedResource)
 * @see kubernetes pkg/quota/v1/evaluator/core/resource_claims.go
 */
export function resourceClaimEvaluator(objects: ObjectReader, pods: Evaluator | undefined): Evaluator {
  const extendedName = (className: string): string | undefined =>
    objects.find(classes, '', className)?.spec?.extendedResourceName
  return {
    handles: changes,
    matches(name) {
      if (name === count || name.endsWith(perClass)) return true
      if (pods === undefined || !name.startsWith(requests)) return false
      const resource = name.slice(requests.length)
      if (resource.startsWith(implicit)) return objects.find(classes, '', resource.slice(implicit.length)) !== undefined
      if (isNativeResource(resource)) return false
      return objects.list(classes, '').some(({ spec }) => spec?.extendedResourceName === resource)
    },
    matchesScope: () => false,
    constraint: () => undefined,
    usage(claim) {
      const devices = devicesOf(claim)
      const amounts: Amounts = new Map<string, Quantity>([[count, one]])
      for (const [className, number] of devices) amounts.set(className + perClass, quantityOf(number))
      if (pods === undefined || devices.size === 0) return amounts
      // What a pod asks for as an extended resource is charged with the pod, not once more with the claim made for it.
      const pod = podFor(objects, claim)
      const charged: Amounts = pod === undefined ? new Map() : pods.usage(pod)
      for (const [className, number] of devices) {
        const explicit = extendedName(className)
        for (const resource of [implicit + className, ...(explicit === undefined ? [] : [explicit])]) {
          const name = requests + resource
          const already = charged.get(name)
          const rest = already === undefined ? quantityOf(number) : quantityOf(number).sub(already)
          if (rest.sign > 0) amounts.set(name, rest)
        }
      }
      return amounts
    },
  }
}

/** Devices by class; of alternatives as many as the one with most. */
function devicesOf({ spec }: KubeObject): ReadonlyMap<string, number> {
  const devices = new Map<string, number>()
  const all: readonly { exactly?: DeviceRequest; firstAvailable?: readonly DeviceRequest[] }[] =
    spec?.devices?.requests ?? []
  for (const { exactly, firstAvailable = [] } of all) {
    const most = new Map<string, number>()
    const wanted = firstAvailable.length > 0 ? firstAvailable : exactly === undefined ? [] : [exactly]
    for (const request of wanted) {
      const { deviceClassName: name = '' } = request
      most.set(name, Math.max(most.get(name) ?? 0, numberOf(request)))
    }
    for (const [name, number] of most) devices.set(name, (devices.get(name) ?? 0) + number)
  }
  return devices
}

const numberOf = ({ allocationMode, count: exact = 0 }: DeviceRequest): number =>
  allocationMode === 'ExactCount' ? exact : allocationMode === 'All' ? allDevices : 0

/** The pod whose extended resources a claim stands for: the one that has made it, and has made no other before. */
function podFor(objects: ObjectReader, claim: KubeObject): KubeObject | undefined {
  const { namespace = '', name = '' } = claim.metadata
  const owner = ownerOf(claim)
  if (owner === undefined) return undefined
  const pod = objects.find('/pods', namespace, owner.name)
  if (pod === undefined || pod.metadata.uid !== owner.uid) return undefined
  const told = pod.status?.extendedResourceClaimStatus
  if (told !== undefined) return told.resourceClaimName === name ? pod : undefined
  const made = ({ metadata }: KubeObject) => `${metadata.creationTimestamp} ${metadata.name}`
  const earlier = objects
    .list('resource.k8s.io/resourceclaims', namespace)
    .some((other) => ownerOf(other)?.uid === owner.uid && made(other) < made(claim))
  return earlier ? undefined : pod
}

function ownerOf({ metadata }: KubeObject): { readonly name: string; readonly uid: string } | undefined {
  if (metadata.annotations?.[forPods] !== 'true') return undefined
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? owner : undefined
}
