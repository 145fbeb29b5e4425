import type { Json } from './definitions.js'
import { any, type Codec, entries, field, message, text, type Writer, wrapped } from './wire.js'

// The messages of OpenAPI v3 as github.com/google/gnostic-models openapiv3/OpenAPIv3.proto numbers them; those parts of
// the standard that no API server uses are left out.

const reference: Codec = message(() => [['$ref', 1, text]])

/** A schema, or a reference if it is nothing else. */
export const schemaV3: Codec = (value, out) =>
  '$ref' in (value as Json) ? field(2, value, reference, out) : field(1, value, schema, out)

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

const additionalProperties: Codec = (value, out) =>
  typeof value === 'boolean' ? flag(2, value, out) : field(1, value, schemaV3, out)

/** Only scalars have a form there; defaults that are objects become an empty message. */
const defaultValue: Codec = (value, out) => {
  if (typeof value === 'string') field(3, value, text, out)
  else if (typeof value === 'boolean') flag(2, value, out)
  else if (typeof value === 'number') {
    out.double(value)
    out.byte(0x09)
  }
}

function flag(number: number, value: boolean, out: Writer): void {
  out.byte(Number(value))
  out.varint(number * 8)
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
