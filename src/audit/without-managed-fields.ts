import { parseJson, stringifyJson } from '../codec/index.js'

interface Bearer {
  metadata?: { managedFields?: unknown } | null
}

/** The JSON of an object, of a list or of a Table without the managedFields in it. */
export function withoutManagedFields(text: string): string {
  if (!text.includes('"managedFields"')) return text
  const { value } = parseJson(Buffer.from(text))
  if (typeof value !== 'object' || value === null) return text
  const { items, rows } = value as { items?: unknown; rows?: unknown }
  strip(value)
  if (Array.isArray(items)) for (const item of items) strip(item)
  if (Array.isArray(rows)) for (const row of rows) strip((row as { object?: unknown } | null)?.object)
  return stringifyJson(value)
}

function strip(object: unknown): void {
  if (typeof object !== 'object' || object === null) return
  const { metadata } = object as Bearer
  if (typeof metadata === 'object' && metadata !== null) delete metadata.managedFields
}
