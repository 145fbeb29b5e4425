import { ApiError } from '../api/index.js'
import { cborMediaType } from './cbor/body.js'
import { encodeCbor } from './cbor/encode.js'
import { encodeJson, indentJson } from './json/encode.js'
import { jsonMediaType, yamlMediaType } from './media-type.js'
import { encodeProtobuf, protobufMediaType } from './protobuf/envelope.js'
import { encodeYaml } from './yaml/encode.js'

const newline = Buffer.from('\n')

/**
 * A value in the media type of an answer. JSON ends with a line feed; with `pretty` it is indented by two spaces and
 * does not. Source: apimachinery pkg/runtime/serializer/json, which has an encoder write the one and MarshalIndent the other.
 */
export function encodeBody(mediaType: string, value: unknown, pretty: boolean): Buffer {
  if (mediaType === jsonMediaType)
    return pretty ? Buffer.from(indentJson(value)) : Buffer.concat([encodeJson(value), newline])
  if (mediaType === yamlMediaType) return Buffer.from(encodeYaml(value))
  if (mediaType === protobufMediaType) return encodeProtobuf(value)
  if (mediaType === cborMediaType) return encodeCbor(value)
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${jsonMediaType}, ${yamlMediaType}`)
}
