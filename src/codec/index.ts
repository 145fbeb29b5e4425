// What other folders may use of codec/.

export { cannotHandle, warningTexts } from './body-errors.js'
export { cborMediaType, readCborBody, readCborOptions } from './cbor/body.js'
export { decodeCbor } from './cbor/decode.js'
export { cborWatchEvent } from './cbor/encode.js'
export { CborError } from './cbor/error.js'
export { decodeConfiguration, decodeTyped, Fields, readConfiguration, unregistered } from './configuration/fields.js'
export { decodeAnswer } from './decode-answer.js'
export {
  type BodyReader,
  type DecodeBodyOptions,
  type DecodedBody,
  decodeBody,
  type FreeTarget,
  type TypedTarget,
} from './decode-body.js'
export { decodeDocument } from './decode-document.js'
export { type DecodeOptionsBody, decodeOptionsBody, type OptionsReader } from './decode-options.js'
export { decodePatchedObject, patchedType } from './decode-patched.js'
export { encodeBody } from './encode-body.js'
export { encodeJson, stringifyJson } from './json/encode.js'
export { type JsonOptions, type ParsedJson, parseJson } from './json/parse.js'
export { JsonError } from './json/reader.js'
export { repeatedKey } from './json/repeated-key.js'
export { jsonMediaType, unsupportedMediaType, yamlMediaType } from './media-type.js'
export { decodeProtobuf, readProtobufBody, readProtobufOptions } from './protobuf/body.js'
export { encodeMessage, encodeProtobuf, encodeProtobufAs, protobufMediaType } from './protobuf/envelope.js'
export { type ListEnds, listEnds, listItemHead, watchFrame } from './protobuf/stream.js'
export { goKind, interpret, type TypeMeta } from './type-meta.js'
export { YamlError } from './yaml/errors.js'
export { parseYaml } from './yaml/parse.js'
export type { ParsedYaml } from './yaml/parsed.js'
