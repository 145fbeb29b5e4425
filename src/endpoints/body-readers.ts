import {
  type BodyReader,
  cborMediaType,
  type OptionsReader,
  protobufMediaType,
  readCborBody,
  readCborOptions,
  readProtobufBody,
  readProtobufOptions,
} from '../codec/index.js'

type Readers<R> = ReadonlyMap<string, R>

const bodies: Readers<BodyReader> = new Map([[protobufMediaType, readProtobufBody]])
const bodiesWithCbor: Readers<BodyReader> = new Map([...bodies, [cborMediaType, readCborBody]])
const options: Readers<OptionsReader> = new Map([[protobufMediaType, readProtobufOptions]])
const optionsWithCbor: Readers<OptionsReader> = new Map([...options, [cborMediaType, readCborOptions]])

/** Media types beside JSON and YAML, in the order in which refusals list them. */
export const bodyReaders = (cbor: boolean): Readers<BodyReader> => (cbor ? bodiesWithCbor : bodies)

/** The same for DeleteOptions. */
export const optionReaders = (cbor: boolean): Readers<OptionsReader> => (cbor ? optionsWithCbor : options)
