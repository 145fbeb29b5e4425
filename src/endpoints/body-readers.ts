import {
  type BodyReader,
  type OptionsReader,
  protobufMediaType,
  readProtobufBody,
  readProtobufOptions,
} from '../codec/index.js'

/** Media types beside JSON and YAML, in the order in which refusals list them. */
export const bodyReaders: ReadonlyMap<string, BodyReader> = new Map([[protobufMediaType, readProtobufBody]])

/** The same for DeleteOptions. */
export const optionReaders: ReadonlyMap<string, OptionsReader> = new Map([[protobufMediaType, readProtobufOptions]])
