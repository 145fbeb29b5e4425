import { ApiError } from '../api/index.js'
import { encodeJson, stringifyJson } from './json/encode.js'
import { jsonMediaType, yamlMediaType } from './media-type.js'
import { encodeProtobuf, protobufMediaType } from './protobuf/envelope.js'
import { encodeYaml } from './yaml/encode.js'

const newline = Buffer.from('\n')

/**
 * A value in the media type of an answer. With `pretty`, JSON is indented by
 * two spaces and ends with a line feed, as upstream's pretty serializer writes it.
 */
export function encodeBody(mediaType: string, value: unknown, pretty: boolean): Buffer {
  if (mediaType === jsonMediaType) return pretty ? prettyJson(value) : Buffer.concat([encodeJson(value), newline])
  if (mediaType === yamlMediaType) return Buffer.from(encodeYaml(value))
  if (mediaType === protobufMediaType) return encodeProtobuf(value)
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${jsonMediaType}, ${yamlMediaType}`)
}

function prettyJson(value: unknown): Buffer {
  // stringifyJson writes big integers exactly; indenting works on its text.
  return Buffer.from(`${JSON.stringify(JSON.parse(stringifyJson(value)), null, 2)}\n`)
}
