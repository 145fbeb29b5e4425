import { ApiError, isPodLevelResource, type KubeObject, parseQuantity, Quantity } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { podAmounts } from '../pod-resources.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

/**
 * A pod is resized only where its node runs Linux and is large enough.
 *
 * @see kubernetes plugin/pkg/admission/podresize
 */
export function podResizeValidator(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodResizeValidator',
    handles: (operation) => operation === 'UPDATE',
    validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (subresource !== 'resize' || object === undefined || !isOf(attributes, '', 'pods')) return
      const name: string | undefined = object.spec?.nodeName
      if (!name || oldObject?.metadata.generation === object.metadata.generation) return
      const node = objects.find('/nodes', '', name)
      if (node === undefined) throw refuse(attributes, `node "${name}" not found`)
      const os = node.metadata.labels?.['kubernetes.io/os'] ?? 'linux'
      if (os !== 'linux') {
        const text = `pod resize is only supported on linux nodes, node "${name}" is "${os}"`
        throw because(attributes, text, 'UnsupportedPlatform')
      }
      const missing = beyondAllocatable(object, node)
      if (missing.length > 0) {
        const text = `node didn't have enough allocatable resources: ${missing.join('; ')}`
        throw because(attributes, text, 'NodeCapacity')
      }
    },
  }
}

function because(attributes: AdmissionAttributes, text: string, reason: string): ApiError {
  const { message, details } = refuse(attributes, text)
  return new ApiError('Forbidden', message, { ...details, causes: [{ reason }] })
}

function beyondAllocatable(pod: KubeObject, node: KubeObject): string[] {
  const requests = podAmounts(pod, 'requests', { podLevel: isPodLevelResource, overhead: true })
  const allocatable = (name: string): Quantity => parseQuantity(node.status?.allocatable?.[name] ?? '0')
  const found: string[] = []
  const cpu = requests.get('cpu') ?? Quantity.zero
  const memory = requests.get('memory') ?? Quantity.zero
  if (cpu.compare(allocatable('cpu')) > 0)
    found.push(`cpu, requested: ${cpu.milliValue()}, allocatable: ${allocatable('cpu').milliValue()}`)
  if (memory.compare(allocatable('memory')) > 0)
    found.push(`memory, requested: ${memory.value()}, allocatable: ${allocatable('memory').value()}`)
  return found
}
