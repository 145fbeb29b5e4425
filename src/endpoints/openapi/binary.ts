import { type BuiltDocument, securityV2, securityV3, turnTaker } from './build.js'
import type { Json } from './definitions.js'
import {
  infoV2,
  parameterV2,
  pathItemV2,
  schemaV2,
  securityDefinitionsV2,
  securityRequirementV2,
} from './gnostic-v2.js'
import { infoV3, pathItemV3, schemaV3, securitySchemesV3 } from './gnostic-v3.js'
import { type Codec, field, named } from './wire.js'

/** The protobuf form of a document, which kubectl asks for: gnostic's Document of version 2 or 3. Yields to the event loop. */
export async function documentBinary(document: BuiltDocument, sliceMs = 5): Promise<Buffer> {
  const turn = turnTaker(sliceMs)
  const entries = async (map: ReadonlyMap<string, Json>, codec: Codec, number: number): Promise<Buffer> => {
    const parts: Buffer[] = []
    for (const [name, value] of map) {
      parts.push(field(number, named(name, codec(value))))
      await turn()
    }
    return Buffer.concat(parts)
  }
  if (document.version === 3) {
    return Buffer.concat([
      field(1, Buffer.from('3.0.0')),
      field(2, infoV3(document.info)),
      field(4, await entries(document.paths, pathItemV3, 1)),
      field(
        5,
        Buffer.concat([
          field(1, await entries(document.definitions, schemaV3, 1)),
          field(7, securitySchemesV3(securityV3)),
        ]),
      ),
    ])
  }
  return Buffer.concat([
    field(1, Buffer.from('2.0')),
    field(2, infoV2(document.info)),
    field(8, await entries(document.paths, pathItemV2, 2)),
    field(9, await entries(document.definitions, schemaV2, 1)),
    field(10, await entries(document.parameters, parameterV2, 1)),
    field(12, securityRequirementV2({ BearerToken: [] })),
    field(13, securityDefinitionsV2(securityV2)),
  ])
}
