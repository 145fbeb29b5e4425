import { forbidden, isLabelValue, isQualifiedName, type KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { failure } from '../refuse.js'
import { isOfPods } from '../resources.js'

const annotation = 'scheduler.alpha.kubernetes.io/node-selector'
type Selector = ReadonlyMap<string, string>

/**
 * Adds the node selector of their namespace to pods, and holds them to those that their namespace may use.
 *
 * @param clusterSelectors by namespace, what its pods may select; `clusterDefaultNodeSelector` for namespaces without any
 * @see kubernetes plugin/pkg/admission/podnodeselector
 */
export function podNodeSelector(
  objects: ObjectReader,
  clusterSelectors: Readonly<Record<string, string>> = {},
): AdmissionPlugin {
  const configured = new Map(Object.entries(clusterSelectors))
  const selectorOf = (attributes: AdmissionAttributes): Selector => {
    const namespace = objects.find('/namespaces', '', attributes.namespace)
    if (namespace === undefined) throw failure(`namespace ${attributes.namespace} does not exist`)
    return parseSelector(
      namespace.metadata.annotations?.[annotation] ?? configured.get('clusterDefaultNodeSelector') ?? '',
    )
  }
  const check = (attributes: AdmissionAttributes, pod: KubeObject): Selector => {
    const wanted = selectorOf(attributes)
    const own: Readonly<Record<string, string>> = pod.spec?.nodeSelector ?? {}
    const refuse = (why: string) => forbidden(attributes.resource, pod.metadata.name ?? '', why)
    if ([...wanted].some(([key, value]) => Object.hasOwn(own, key) && own[key] !== value))
      throw refuse('pod node label selector conflicts with its namespace node label selector')
    return wanted
  }
  const checkAllowed = (attributes: AdmissionAttributes, pod: KubeObject): void => {
    const allowed = parseSelector(configured.get(attributes.namespace) ?? '')
    const own: Readonly<Record<string, string>> = pod.spec?.nodeSelector ?? {}
    if (allowed.size > 0 && Object.entries(own).some(([key, value]) => allowed.get(key) !== value))
      throw forbidden(
        attributes.resource,
        pod.metadata.name ?? '',
        'pod node label selector labels conflict with its namespace whitelist',
      )
  }
  return {
    name: 'PodNodeSelector',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const wanted = check(attributes, object)
      object.spec ??= {}
      if (wanted.size > 0) object.spec.nodeSelector = { ...Object.fromEntries(wanted), ...object.spec.nodeSelector }
      checkAllowed(attributes, object)
    },
    validate(attributes) {
      const { object } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      check(attributes, object)
      checkAllowed(attributes, object)
    },
  }
}

/** `a=b,c=d`. Source: apimachinery pkg/labels, ConvertSelectorToLabelsMap. */
function parseSelector(text: string): Selector {
  const selector = new Map<string, string>()
  if (text === '') return selector
  for (const term of text.split(',')) {
    const parts = term.split('=')
    if (parts.length !== 2) throw failure(`invalid selector: [${parts.join(' ')}]`)
    const [key, value] = parts.map((part) => part.trim()) as [string, string]
    const wrong = [...isQualifiedName(key), ...isLabelValue(value)]
    if (wrong.length > 0) throw failure(`invalid selector: [${parts.join(' ')}]: ${wrong.join('; ')}`)
    selector.set(key, value)
  }
  return selector
}
