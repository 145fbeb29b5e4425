import { decodeObject, isObject, type KubeObject, notFound, structShape } from '../../api/index.js'
import { parseJson } from '../../codec/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { amountsOf, type ResourceList } from '../pod-resources.js'
import { failure } from '../refuse.js'
import { isOfPods } from '../resources.js'
import { containsAllTolerations, mergeTolerations, type Toleration } from './tolerations.js'

export interface TolerationLists {
  readonly default: readonly Toleration[]
  readonly whitelist: readonly Toleration[]
}

const defaultsAnnotation = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const whitelistAnnotation = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
const memoryPressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }

/**
 * Adds the tolerations of their namespace to pods, and holds them to those that it allows.
 *
 * @param cluster for namespaces that say nothing
 * @see kubernetes plugin/pkg/admission/podtolerationrestriction
 */
export function podTolerationRestriction(
  objects: ObjectReader,
  cluster: TolerationLists = { default: [], whitelist: [] },
): AdmissionPlugin {
  const listOf = ({ namespace }: AdmissionAttributes, annotation: string): readonly Toleration[] | undefined => {
    const found = objects.find('/namespaces', '', namespace)
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    const text = found.metadata.annotations?.[annotation]
    if (text === undefined || text === '') return text === undefined ? undefined : []
    try {
      return tolerationsOf(text)
    } catch (error) {
      throw failure((error as Error).message)
    }
  }
  const check = (attributes: AdmissionAttributes, pod: KubeObject): void => {
    const own: readonly Toleration[] = pod.spec?.tolerations ?? []
    if (own.length === 0) return
    const ofNamespace = listOf(attributes, whitelistAnnotation)
    const allowed = ofNamespace ?? cluster.whitelist
    if (allowed.length === 0 || containsAllTolerations(allowed, own)) return
    const scope = ofNamespace === undefined ? 'cluster' : 'namespace'
    throw failure(
      `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`,
    )
  }
  return {
    name: 'PodTolerationRestriction',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { object, operation } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const added = operation === 'CREATE' ? [...(listOf(attributes, defaultsAnnotation) ?? cluster.default)] : []
      if (!isBestEffort(object)) added.push(memoryPressure)
      object.spec ??= {}
      if (added.length > 0) object.spec.tolerations = mergeTolerations(object.spec.tolerations ?? [], added)
      check(attributes, object)
    },
    validate(attributes) {
      const { object } = attributes
      if (object !== undefined && isOfPods(attributes)) check(attributes, object)
    },
  }
}

interface Resources {
  readonly requests?: ResourceList
  readonly limits?: ResourceList
}

/** Whether nothing in a pod asks for processor or memory. Source: kubernetes pkg/apis/core/helper/qos. */
function isBestEffort({ spec, status }: KubeObject): boolean {
  if (status?.qosClass) return status.qosClass === 'BestEffort'
  const containers: { resources?: Resources }[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  const all: readonly (Resources | undefined)[] =
    spec?.resources === undefined ? containers.map(({ resources }) => resources) : [spec.resources]
  return !all.some((resources) =>
    [resources?.requests, resources?.limits].some((list) => {
      const amounts = amountsOf(list)
      return ['cpu', 'memory'].some((name) => (amounts.get(name)?.sign ?? 0) > 0)
    }),
  )
}

/** A list as Go's encoding/json reads it. Throws Error in its words. */
function tolerationsOf(text: string): readonly Toleration[] {
  const { value } = parseJson(Buffer.from(text))
  if (value === null) return []
  if (!Array.isArray(value)) throw unfit(value, '[]v1.Toleration')
  return value.map((item) => {
    if (item === null) return {}
    if (!isObject(item)) throw unfit(item, 'v1.Toleration')
    return decodeObject(item, structShape('core.v1.Toleration')) as Toleration
  })
}

function unfit(value: unknown, type: string): Error {
  const kinds: Readonly<Record<string, string>> = { boolean: 'bool', string: 'string', object: 'object' }
  const kind = Array.isArray(value) ? 'array' : (kinds[typeof value] ?? 'number')
  return new Error(`json: cannot unmarshal ${kind} into Go value of type ${type}`)
}
