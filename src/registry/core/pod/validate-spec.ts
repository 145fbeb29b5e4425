import { child, type FieldErrors, type ObjectMeta } from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import type { PodSpec } from './types.js'

/** `meta` is that of the pod or of its template; absent where there is none. */
export function validatePodSpec(
  spec: PodSpec,
  _meta: ObjectMeta | undefined,
  path: string,
  errors: FieldErrors,
  _options: PodValidationOptions,
): void {
  if (!spec.containers?.length) errors.required(child(path, 'containers'))
}
