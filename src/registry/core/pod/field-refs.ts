import { child, type FieldErrors, parseQuantity, qualifiedName } from '../../../api/index.js'
import type { ObjectFieldSelector, ResourceFieldSelector } from './types.js'

/** What environment variables and downward API files may tell of the pod itself. Source: pkg/apis/core/validation, pkg/apis/core/pods. */

export const envFieldPaths: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]

export const volumeFieldPaths: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (!apiVersion) {
    errors.required(child(path, 'apiVersion'))
    return
  }
  if (!fieldPath) {
    errors.required(child(path, 'fieldPath'))
    return
  }
  const { field, subscript } = splitSubscript(fieldPath)
  const problem = unknownLabel(apiVersion, fieldPath, field, subscript)
  if (problem !== undefined) {
    errors.invalid(child(path, 'fieldPath'), fieldPath, `error converting fieldPath: ${problem}`)
  } else if (subscript !== undefined) {
    qualifiedName(errors, path, field === 'metadata.annotations' ? subscript.toLowerCase() : subscript)
  } else {
    const known = field === 'spec.host' ? 'spec.nodeName' : field
    if (!supported.includes(known)) errors.notSupported(child(path, 'fieldPath'), known, supported)
  }
}

/** @param container whether the container has to be named: in files */
export function validateResourceRef(
  { containerName, resource = '', divisor }: ResourceFieldSelector,
  container: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const hugePages = resource.startsWith('requests.hugepages-') || resource.startsWith('limits.hugepages-')
  if (container && !containerName) errors.required(child(path, 'containerName'))
  else if (resource === '') errors.required(child(path, 'resource'))
  else if (!resources.has(resource) && !hugePages) {
    errors.notSupported(child(path, 'resource'), resource, [...resources.keys()])
  }
  const what = hugePages ? 'hugepages' : resources.get(resource)
  if (what === undefined || divisor === undefined) return
  const quantity = parseQuantity(divisor)
  if (quantity.isZero || (what === 'cpu' ? cpuDivisors : byteDivisors).includes(quantity.toString())) return
  const told = what === 'cpu' ? '1m and 1' : byteDivisors.join(', ')
  errors.invalid(
    child(path, 'divisor'),
    resource,
    `only divisor's values ${told} are supported with the ${what} resource`,
  )
}

/** By name, what messages call it. */
const resources: ReadonlyMap<string, string> = new Map(
  ['limits', 'requests'].flatMap((kind) => [
    [`${kind}.cpu`, 'cpu'],
    [`${kind}.memory`, 'memory'],
    [`${kind}.ephemeral-storage`, 'local ephemeral storage'],
  ]),
)
const cpuDivisors = ['1m', '1']
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

const knownLabels: ReadonlySet<string> = new Set([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
  'spec.host',
])

function unknownLabel(apiVersion: string, label: string, field: string, subscript?: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`
  if (subscript === undefined) return knownLabels.has(label) ? undefined : `field label not supported: ${label}`
  const subscripted = field === 'metadata.annotations' || field === 'metadata.labels'
  return subscripted ? undefined : `field label does not support subscript: ${label}`
}

/** `metadata.labels['app']`. */
function splitSubscript(path: string): { field: string; subscript?: string } {
  const open = path.indexOf("['")
  if (!path.endsWith("']") || open <= 0 || open > path.length - 4) return { field: path }
  return { field: path.slice(0, open), subscript: path.slice(open + 2, -2) }
}
