import { child, type FieldErrors, index } from '../../../api/index.js'
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
      if (isSet(container[field])) errors.forbidden(child(at, field), 'cannot be set for an Ephemeral Container')
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

const isSet = (value: string | object | undefined): boolean =>
  value !== undefined && value !== null && Object.keys(value).length > 0
