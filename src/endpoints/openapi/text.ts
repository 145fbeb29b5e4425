import { type BuildOptions, buildParts, type PartEncoder } from './build.js'
import type { Json, OpenApiVersion } from './definitions.js'
import type { Section } from './groups.js'

const entry = (name: string, value: Json): Buffer => Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
const encoder: PartEncoder = { path: entry, definition: entry, parameter: entry }

/** The document of some sections as JSON. */
export async function documentJson(
  sections: readonly Section[],
  version: OpenApiVersion,
  options: BuildOptions,
): Promise<Buffer> {
  const { paths, definitions, parameters } = await buildParts(sections, version, options, encoder)
  const info = JSON.stringify(options.info)
  const pieces: Buffer[] = []
  const text = (piece: string): void => void pieces.push(Buffer.from(piece))
  const members = (list: readonly Buffer[]): void => {
    for (const [i, piece] of list.entries()) {
      if (i > 0) pieces.push(comma)
      pieces.push(piece)
    }
  }
  if (version === 2) {
    text(`{"swagger":"2.0","info":${info},"paths":{`)
    members(paths)
    text('},"definitions":{')
    members(definitions)
    text('},"parameters":{')
    members(parameters)
    text(`},"securityDefinitions":${JSON.stringify(securityDefinitions)},"security":[{"BearerToken":[]}]}`)
  } else {
    text(`{"openapi":"3.0.0","info":${info},"paths":{`)
    members(paths)
    text('},"components":{"schemas":{')
    members(definitions)
    text(sections[0]?.isCustom === true ? '}}}' : `},"securitySchemes":${JSON.stringify(securityDefinitions)}}}`)
  }
  return Buffer.concat(pieces)
}

const comma = Buffer.from(',')

/** The same in both versions. */
export const securityDefinitions = {
  BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
}
