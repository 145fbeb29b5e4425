import {
  ApiError,
  asSent,
  equalJson,
  isPathSegmentName,
  type KubeObject,
  parseQuantity,
  quote,
} from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { isOfPods } from '../resources.js'
import { mergeTolerations } from './tolerations.js'

const mismatch = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

/**
 * Adds what a pod's runtime class says about overhead and scheduling.
 *
 * @see kubernetes plugin/pkg/admission/runtimeclass
 */
export function runtimeClass(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const found = classOf(objects, attributes, object)
      if (found === undefined) return
      setOverhead(attributes, object, found.overhead?.podFixed, found.overhead !== undefined)
      if (found.scheduling !== undefined) setScheduling(attributes, object, found.scheduling)
    },
    validate(attributes) {
      const { object } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const found = classOf(objects, attributes, object)
      const own: Overhead | undefined = asSent(object.spec ?? undefined, 'overhead')
      if (found?.overhead !== undefined) {
        if (!sameOverhead(found.overhead.podFixed, own)) throw refuse(attributes, mismatch)
      } else if (own !== undefined)
        throw refuse(attributes, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    },
  }
}

type Overhead = Readonly<Record<string, string>>

function classOf(objects: ObjectReader, attributes: AdmissionAttributes, pod: KubeObject): KubeObject | undefined {
  const name: string | undefined = pod.spec?.runtimeClassName
  if (name === undefined) return undefined
  const found = name === '' ? undefined : objects.find('node.k8s.io/runtimeclasses', '', name)
  if (found === undefined) refuseName(name)
  if (found === undefined) throw refuse(attributes, `pod rejected: RuntimeClass ${quote(name)} not found`)
  return found
}

/** What is not in its cache upstream asks for by a request, whose path has no place for every name. */
function refuseName(name: string): void {
  if (name === '') throw new ApiError('', 'resource name may not be empty')
  const wrong = isPathSegmentName(name)
  if (wrong.length > 0) throw new ApiError('', `invalid resource name ${quote(name)}: [${wrong.join(' ')}]`)
}

function setOverhead(
  attributes: AdmissionAttributes,
  pod: KubeObject,
  overhead: Overhead | undefined,
  defined: boolean,
): void {
  if (!defined) return
  const own: Overhead = pod.spec.overhead ?? {}
  if (Object.keys(own).length > 0 && !sameOverhead(overhead, own)) throw refuse(attributes, mismatch)
  if (overhead === undefined) delete pod.spec.overhead
  else pod.spec.overhead = { ...overhead }
}

function sameOverhead(a: Overhead = {}, b: Overhead = {}): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && parseQuantity(a[name]!).equals(parseQuantity(b[name]!)))
  )
}

function setScheduling(
  attributes: AdmissionAttributes,
  { spec }: KubeObject,
  { nodeSelector = {}, tolerations = [] }: KubeObject['scheduling'],
): void {
  const own: Record<string, string> = spec.nodeSelector ?? {}
  for (const [key, value] of Object.entries(nodeSelector as Record<string, string>))
    if (Object.hasOwn(own, key) && own[key] !== value)
      throw refuse(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`,
      )
  const merged = { ...own, ...nodeSelector }
  if (!equalJson(merged, own)) spec.nodeSelector = merged
  spec.tolerations = mergeTolerations(spec.tolerations ?? [], tolerations)
}
