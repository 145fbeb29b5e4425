import { required } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

/** A binding is never stored: it is done to its pod. Source: pkg/apis/core/validation, ValidatePodBinding. */
export const bindings: ResourceRules = {
  validate({ target }, errors) {
    const kind: string = target?.kind ?? ''
    if (kind !== '' && kind !== 'Node') errors.notSupportedInOrder('target.kind', kind, ['Node', '<empty>'])
    required(errors, 'target.name', target?.name)
  },
}
