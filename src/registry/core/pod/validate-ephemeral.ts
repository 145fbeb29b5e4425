import { asSent, child, type FieldErrors, index } from '../../../api/index.js'
import type { EphemeralContainer } from './types.js'
import { type ContainerContext, validateContainer, validateImageText } from './validate-containers.js'

/** Source: validateEphemeralContainers. */
export function validateEphemeralContainers(context: ContainerContext, path: string, errors: FieldErrors): void {
  const { spec } = context
  if (!spec.ephemeralContainers?.length) return
  const targets = new Set<string>()
  for (const { name = '' } of spec.containers ?? []) targets.add(name)
  for (const { name = '' } of spec.initContainers ?? []) targets.add(name)
  const names = new Set(targets)
  spec.ephemeralContainers.forEach((container, i) => {
    const at = index(path, i)
    const { name = '', targetContainerName: target } = container
    validateContainer(container, context, at, errors)
    validateImageText(container, at, errors)
    if (names.has(name)) errors.duplicate(child(at, 'name'), name)
    names.add(name)
    if (target && !targets.has(target)) errors.notFound(child(at, 'targetContainerName'), target)
    for (const field of forbidden) {
      if (isSet(container, field)) errors.forbidden(child(at, field), 'cannot be set for an Ephemeral Container')
    }
    container.volumeMounts?.forEach(({ subPath, subPathExpr }, j) => {
      const mount = index(child(at, 'volumeMounts'), j)
      if (subPath) errors.forbidden(child(mount, 'subPath'), 'cannot be set for an Ephemeral Container')
      if (subPathExpr) errors.forbidden(child(mount, 'subPathExpr'), 'cannot be set for an Ephemeral Container')
    })
  })
}

/** In the order of declaration. */
const forbidden = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const satisfies readonly (keyof EphemeralContainer)[]

/** Whether a field is other than Go's zero value: what is empty is, and resources without anything are not. */
function isSet(container: EphemeralContainer, field: (typeof forbidden)[number]): boolean {
  const value = asSent(container, field)
  if (value === undefined || value === null) return false
  return field !== 'resources' || resourceLists.some((list) => asSent(container.resources, list) !== undefined)
}

const resourceLists = ['limits', 'requests', 'claims'] as const
