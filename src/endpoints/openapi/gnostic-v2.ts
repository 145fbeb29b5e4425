import type { Json } from './definitions.js'
import { any, type Codec, entries, field, message, text, wrapped } from './wire.js'

// The messages of OpenAPI v2 as github.com/google/gnostic-models openapiv2/OpenAPIv2.proto numbers them; those parts of
// the standard that no API server uses are left out.

export const schemaV2: Codec = message(
  () => [
    ['$ref', 1, text],
    ['format', 2, text],
    ['title', 3, text],
    ['description', 4, text],
    ['default', 5, any],
    ['pattern', 13, text],
    ['uniqueItems', 16, 'boolean'],
    ['required', 19, text, 'repeated'],
    ['enum', 20, any, 'repeated'],
    ['additionalProperties', 21, additionalProperties],
    ['type', 22, wrapped(1, text, 'repeated')],
    ['items', 23, wrapped(1, schemaV2, 'repeated')],
    ['allOf', 24, schemaV2, 'repeated'],
    ['properties', 25, entries(schemaV2)],
    ['readOnly', 27, 'boolean'],
    ['example', 30, any],
  ],
  31,
)

const additionalProperties: Codec = (value, out) => {
  if (typeof value === 'boolean') {
    out.byte(Number(value))
    out.byte(0x10)
  } else field(1, value, schemaV2, out)
}

const reference: Codec = message(() => [['$ref', 1, text]])

const bodyParameter: Codec = message(
  () => [
    ['description', 1, text],
    ['name', 2, text],
    ['in', 3, text],
    ['required', 4, 'boolean'],
    ['schema', 5, schemaV2],
  ],
  6,
)
const queryParameter: Codec = message(
  () => [
    ['required', 1, 'boolean'],
    ['in', 2, text],
    ['description', 3, text],
    ['name', 4, text],
    ['type', 6, text],
    ['format', 7, text],
    ['uniqueItems', 20, 'boolean'],
  ],
  23,
)
const pathParameter: Codec = message(
  () => [
    ['required', 1, 'boolean'],
    ['in', 2, text],
    ['description', 3, text],
    ['name', 4, text],
    ['type', 5, text],
    ['format', 6, text],
    ['uniqueItems', 19, 'boolean'],
  ],
  22,
)

const nonBody = (where: unknown): Codec => (where === 'path' ? wrapped(4, pathParameter) : wrapped(3, queryParameter))

export const parameterV2: Codec = (value, out) => {
  const where = (value as Json).in
  if (where === 'body') field(1, value, bodyParameter, out)
  else field(2, value, nonBody(where), out)
}

const parameterItem: Codec = (value, out) =>
  '$ref' in (value as Json) ? field(2, value, reference, out) : field(1, value, parameterV2, out)

const response: Codec = message(
  () => [
    ['description', 1, text],
    ['schema', 2, wrapped(1, schemaV2)],
  ],
  5,
)

const operation: Codec = message(
  () => [
    ['tags', 1, text, 'repeated'],
    ['summary', 2, text],
    ['description', 3, text],
    ['operationId', 5, text],
    ['produces', 6, text, 'repeated'],
    ['consumes', 7, text, 'repeated'],
    ['parameters', 8, parameterItem, 'repeated'],
    ['responses', 9, entries(wrapped(1, response))],
    ['schemes', 10, text, 'repeated'],
    ['deprecated', 11, 'boolean'],
  ],
  13,
)

export const pathItemV2: Codec = message(
  () => [
    ['get', 2, operation],
    ['put', 3, operation],
    ['post', 4, operation],
    ['delete', 5, operation],
    ['options', 6, operation],
    ['head', 7, operation],
    ['patch', 8, operation],
    ['parameters', 9, parameterItem, 'repeated'],
  ],
  10,
)

export const infoV2: Codec = message(() => [
  ['title', 1, text],
  ['version', 2, text],
])

const apiKey: Codec = message(() => [
  ['type', 1, text],
  ['name', 2, text],
  ['in', 3, text],
  ['description', 4, text],
])
export const securityDefinitionsV2: Codec = entries(wrapped(2, apiKey))
export const securityRequirementV2: Codec = entries(wrapped(1, text, 'repeated'))
