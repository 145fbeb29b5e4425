import { parseApiVersion } from '../../api/index.js'
import type { TypeMeta } from '../type-meta.js'

/** What an object says it is; undefined if it does not say. */
export function parseTypeMeta(value: unknown): TypeMeta | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown }
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || kind === '') return undefined
  return { kind, ...parseApiVersion(apiVersion) }
}
