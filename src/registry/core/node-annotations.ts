import { type FieldErrors, isObject } from '../../api/index.js'
import { parseJson } from '../../codec/index.js'
import { type Taint, validateTaints } from './taints.js'

const taints = 'scheduler.alpha.kubernetes.io/taints'
const avoidPods = 'scheduler.alpha.kubernetes.io/preferAvoidPods'

/** Annotations of a node that hold JSON. Source: pkg/apis/core/validation, ValidateNodeSpecificAnnotations. */
export function validateNodeAnnotations(annotations: Readonly<Record<string, string>>, errors: FieldErrors): void {
  const at = 'metadata.annotations'
  if (annotations[taints]) {
    const list = read(annotations[taints])
    if (typeof list === 'string') errors.invalid(at, taints, list)
    else if (!Array.isArray(list.value)) errors.invalid(at, taints, mismatch(list.value, '[]core.Taint'))
    else validateTaints(list.value.filter(isObject).map(asTaint), `${at}.${taints}`, errors)
  }
  if (annotations[avoidPods]) {
    const avoid = read(annotations[avoidPods])
    if (typeof avoid === 'string') errors.invalid(`${at}.AvoidPods`, avoidPods, avoid)
    else if (!isObject(avoid.value)) errors.invalid(`${at}.AvoidPods`, avoidPods, mismatch(avoid.value, 'v1.AvoidPods'))
    else validateAvoidPods(avoid.value.preferAvoidPods, `${at}.${avoidPods}`, errors)
  }
}

function validateAvoidPods(entries: unknown, path: string, errors: FieldErrors): void {
  if (!Array.isArray(entries)) return
  entries.forEach((entry, i) => {
    const at = `${path}[${i}].PodSignature`
    const signature = isObject(entry) ? entry.podSignature : undefined
    const owner = isObject(signature) ? signature.podController : undefined
    if (!isObject(owner)) errors.required(at)
    else if (owner.controller !== true) {
      errors.invalid(`${at}.PodController.Controller`, false, 'must point to a controller')
    }
  })
}

/** What the text holds, or Go's complaint. */
function read(text: string): { readonly value: unknown } | string {
  try {
    return parseJson(Buffer.from(text))
  } catch (error) {
    return (error as Error).message
  }
}

/** Upstream reads these into its internal type, which takes names in any letter case. */
function asTaint(value: Record<string, unknown>): Taint {
  const taint: Record<string, string> = {}
  for (const [name, member] of Object.entries(value)) {
    const own = { key: 'key', value: 'value', effect: 'effect', timeadded: 'timeAdded' }[name.toLowerCase()]
    if (own !== undefined && typeof member === 'string') taint[own] = member
  }
  return taint
}

const mismatch = (value: unknown, type: string): string =>
  `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type ${type}`
