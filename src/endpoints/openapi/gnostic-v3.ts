import type { Json } from './definitions.js'
import { any, type Codec, entries, field, message, text, wrapped } from './wire.js'

// The messages of OpenAPI v3 as github.com/google/gnostic-models openapiv3/OpenAPIv3.proto numbers them; those parts of
// the standard that no API server uses are left out.

const reference: Codec = message(() => [['$ref', 1, text]])

/** A schema, or a reference if it is nothing else. */
export const schemaV3: Codec = (value) =>
  '$ref' in (value as Json) ? field(2, reference(value)) : field(1, schema(value))

const schema: Codec = message(
  () => [
    ['nullable', 1, 'boolean'],
    ['readOnly', 3, 'boolean'],
    ['title', 9, text],
    ['pattern', 16, text],
    ['uniqueItems', 20, 'boolean'],
    ['required', 23, text, 'repeated'],
    ['enum', 24, any, 'repeated'],
    ['type', 25, text],
    ['allOf', 26, schemaV3, 'repeated'],
    ['oneOf', 27, schemaV3, 'repeated'],
    ['anyOf', 28, schemaV3, 'repeated'],
    ['items', 30, wrapped(1, schemaV3, 'repeated')],
    ['properties', 31, entries(schemaV3)],
    ['additionalProperties', 32, additionalProperties],
    ['default', 33, defaultValue],
    ['description', 34, text],
    ['format', 35, text],
  ],
  36,
)

const additionalProperties: Codec = (value) =>
  typeof value === 'boolean' ? Buffer.from([0x10, Number(value)]) : field(1, schemaV3(value))

/** Only scalars have a form there; defaults that are objects become an empty message. */
function defaultValue(value: unknown): Buffer {
  if (typeof value === 'string') return field(3, text(value))
  if (typeof value === 'boolean') return Buffer.from([0x10, Number(value)])
  if (typeof value !== 'number') return Buffer.alloc(0)
  const bytes = Buffer.alloc(9, 0x09)
  bytes.writeDoubleLE(value, 1)
  return bytes
}

const content: Codec = entries(message(() => [['schema', 1, schemaV3]], 5))

const parameter: Codec = wrapped(
  1,
  message(
    () => [
      ['name', 1, text],
      ['in', 2, text],
      ['description', 3, text],
      ['required', 4, 'boolean'],
      ['schema', 10, schemaV3],
    ],
    14,
  ),
)

const requestBody: Codec = wrapped(
  1,
  message(
    () => [
      ['description', 1, text],
      ['content', 2, content],
      ['required', 3, 'boolean'],
    ],
    4,
  ),
)

const response: Codec = wrapped(
  1,
  message(
    () => [
      ['description', 1, text],
      ['content', 3, content],
    ],
    5,
  ),
)

const operation: Codec = message(
  () => [
    ['tags', 1, text, 'repeated'],
    ['summary', 2, text],
    ['description', 3, text],
    ['operationId', 5, text],
    ['parameters', 6, parameter, 'repeated'],
    ['requestBody', 7, requestBody],
    ['responses', 8, entries(response, 2)],
    ['deprecated', 10, 'boolean'],
  ],
  13,
)

export const pathItemV3: Codec = message(
  () => [
    ['get', 4, operation],
    ['put', 5, operation],
    ['post', 6, operation],
    ['delete', 7, operation],
    ['options', 8, operation],
    ['head', 9, operation],
    ['patch', 10, operation],
    ['parameters', 13, parameter, 'repeated'],
  ],
  14,
)

export const infoV3: Codec = message(() => [
  ['title', 1, text],
  ['version', 6, text],
])

export const securitySchemesV3: Codec = entries(
  wrapped(
    1,
    message(() => [
      ['type', 1, text],
      ['description', 2, text],
      ['name', 3, text],
      ['in', 4, text],
    ]),
  ),
)
