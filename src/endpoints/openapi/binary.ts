import { type BuildOptions, buildParts } from './build.js'
import type { OpenApiVersion } from './definitions.js'
import {
  infoV2,
  parameterV2,
  pathItemV2,
  schemaV2,
  securityDefinitionsV2,
  securityRequirementV2,
} from './gnostic-v2.js'
import { infoV3, pathItemV3, schemaV3, securitySchemesV3 } from './gnostic-v3.js'
import type { Section } from './groups.js'
import { securityDefinitions } from './text.js'
import { type Codec, field, named, text, Writer } from './wire.js'

/** The document of some sections in protobuf, which kubectl asks for: gnostic's Document of version 2 or 3. */
export async function documentBinary(
  sections: readonly Section[],
  version: OpenApiVersion,
  options: BuildOptions,
): Promise<Buffer> {
  const out = new Writer()
  const entry =
    (number: number, codec: Codec) =>
    (name: string, value: unknown): Buffer => {
      try {
        named(number, name, value, codec, out)
      } catch (error) {
        out.take()
        throw error
      }
      return out.take()
    }
  const { paths, definitions, parameters } = await buildParts(sections, version, options, {
    path: version === 2 ? entry(2, pathItemV2) : entry(1, pathItemV3),
    definition: entry(1, version === 2 ? schemaV2 : schemaV3),
    parameter: entry(1, parameterV2),
  })
  const one = (number: number, value: unknown, codec: Codec): Buffer => {
    field(number, value, codec, out)
    return out.take()
  }
  const security = (): Buffer => one(7, securityDefinitions, securitySchemesV3)
  if (version === 3) {
    const schemas = section(1, definitions, out)
    return Buffer.concat([
      one(1, '3.0.0', text),
      one(2, options.info, infoV3),
      ...section(4, paths, out),
      ...section(5, sections[0]?.isCustom === true ? schemas : [...schemas, security()], out),
    ])
  }
  return Buffer.concat([
    one(1, '2.0', text),
    one(2, options.info, infoV2),
    ...section(8, paths, out),
    ...section(9, definitions, out),
    ...section(10, parameters, out),
    one(12, { BearerToken: [] }, securityRequirementV2),
    one(13, securityDefinitions, securityDefinitionsV2),
  ])
}

/** A field whose contents are done. */
function section(number: number, contents: readonly Buffer[], out: Writer): readonly Buffer[] {
  out.varint(contents.reduce((sum, piece) => sum + piece.length, 0))
  out.varint(number * 8 + 2)
  return [out.take(), ...contents]
}
