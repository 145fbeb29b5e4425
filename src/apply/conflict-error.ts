import { ApiError, quote } from '../api/index.js'
import type { Owner } from './managed.js'

/**
 * 409 with a cause for each field that others own.
 * @see apimachinery pkg/util/managedfields/internal/conflict.go
 */
export function applyConflict(paths: readonly { readonly owner: Owner; readonly path: string }[]): ApiError {
  const causes = paths.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${nameOf(owner)}`,
    field: path,
  }))
  return new ApiError('Conflict', messageOf(paths), { causes })
}

function messageOf(paths: readonly { readonly owner: Owner; readonly path: string }[]): string {
  const only = paths[0]
  if (only !== undefined && paths.length === 1)
    return `Apply failed with 1 conflict: conflict with ${nameOf(only.owner)}: ${only.path}`
  const lines: string[] = []
  let last: Owner | undefined
  for (const { owner, path } of paths) {
    if (owner !== last) lines.push(`conflicts with ${nameOf(owner)}:`)
    last = owner
    lines.push(`- ${path}`)
  }
  return `Apply failed with ${paths.length} conflicts: ${lines.join('\n')}`
}

function nameOf({ manager, operation, apiVersion, subresource }: Owner): string {
  const name = subresource === '' ? quote(manager) : `${quote(manager)} with subresource ${quote(subresource)}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
