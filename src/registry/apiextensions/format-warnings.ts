import { goJson, type KubeObject, quote } from '../../api/index.js'
import { isKnownFormat } from './schema/formats.js'
import { type JsonSchema, schemaHas } from './schema/json-schema.js'
import type { Version } from './validate-version.js'

/** Warnings about formats that nobody checks; on update only about new ones. */
export function formatWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const known = new Set(old === undefined ? [] : unknownFormats(old))
  return unknownFormats(object)
    .filter((format) => !known.has(format))
    .map((format) => `unrecognized format ${quote(format)}`)
}

function unknownFormats({ spec }: KubeObject): string[] {
  const versions: readonly Version[] = spec?.versions ?? []
  const schemas = new Map<string, JsonSchema>()
  for (const { schema } of versions)
    if (schema?.openAPIV3Schema !== undefined) schemas.set(goJson(schema.openAPIV3Schema), schema.openAPIV3Schema)
  // Upstream holds a schema that all versions share once.
  const looked =
    schemas.size === 1 ? [...schemas.values()] : versions.flatMap(({ schema }) => schema?.openAPIV3Schema ?? [])
  const found: string[] = []
  for (const schema of looked)
    schemaHas(schema, ({ format = '', type = '' }) => {
      if (format !== '' && !isKnownFormat(format, type)) found.push(format)
      return false
    })
  return found
}
