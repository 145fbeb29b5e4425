import { ApiError, facts, factsName, parseApiVersion } from '../../api/index.js'
import { writeMessage } from './encode.js'
import { type MessageType, messageType } from './message-type.js'
import type { Reader } from './reader.js'
import { WireError } from './wire-error.js'
import { type Writer, written } from './writer.js'

export const protobufMediaType = 'application/vnd.kubernetes.protobuf'

/** What every body begins with; a runtime.Unknown follows. */
export const magic = Buffer.from('k8s\0', 'latin1')

const apiVersionTag = 0x0a
const kindTag = 0x12
const typeMetaTag = 0x0a
const rawTag = 0x12
const contentEncodingTag = 0x1a
const contentTypeTag = 0x22

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Buffer
}

export interface KindAndVersion {
  readonly apiVersion: string
  readonly kind: string
}

/** An object, list or Status with kind and apiVersion as bytes that say what they are. Throws ApiError NotAcceptable (406). */
export function encodeProtobuf(value: unknown): Buffer {
  const object = value as Readonly<Record<string, unknown>>
  const type = typeOf(object)
  return written((writer) => writeObject(writer, type, object))
}

/** The same for a value whose type is known by another name than its kind: `apidiscovery.v2.APIGroupDiscoveryList`. */
export function encodeProtobufAs(ref: string, value: object): Buffer {
  return written((writer) => writeObject(writer, messageType(ref), value as Readonly<Record<string, unknown>>))
}

/** An object as a bare message, without its kind and apiVersion. `ref` names its struct: `core.v1.Pod`. */
export function encodeMessage(ref: string, object: object): Buffer {
  return written((writer) => writeMessage(writer, messageType(ref), object as Readonly<Record<string, unknown>>))
}

function writeObject(writer: Writer, type: MessageType, object: Readonly<Record<string, unknown>>): void {
  writeTail(writer)
  const end = writer.length
  writeMessage(writer, type, object)
  const { apiVersion = '', kind = '' } = object as Partial<KindAndVersion>
  writeRawHead(writer, { apiVersion, kind }, writer.length - end)
}

/** The envelope around a message that was written before. */
export function writeSealed(writer: Writer, { apiVersion, kind }: KindAndVersion, message: Buffer): void {
  writeTail(writer)
  writer.raw(message)
  writeRawHead(writer, { apiVersion, kind }, message.length)
}

/** All that lies before a message of `length` bytes. */
export function writeRawHead(writer: Writer, { apiVersion, kind }: KindAndVersion, length: number): void {
  writer.reserve()
  writer.uint32(length)
  writer.byte(rawTag)
  const end = writer.length
  writer.string(kind)
  writer.byte(kindTag)
  writer.string(apiVersion)
  writer.byte(apiVersionTag)
  writer.uint32(writer.length - end)
  writer.byte(typeMetaTag)
  writer.raw(magic)
}

/** Empty content encoding and type: all that lies behind the message. */
export function writeTail(writer: Writer): void {
  writer.byte(0)
  writer.byte(contentTypeTag)
  writer.byte(0)
  writer.byte(contentEncodingTag)
}

/** The type of an object by its kind and apiVersion. Throws ApiError NotAcceptable (406) where it has no protobuf form. */
function typeOf(object: Readonly<Record<string, unknown>>): MessageType {
  const { group, version } = parseApiVersion(String(object.apiVersion))
  const kind = String(object.kind)
  const type = kindType(group, version, kind)
  if (type === undefined || !type.isMarshalable) throw notMarshalable(`*${version}.${kind}`)
  return type
}

/** 406 for what has no protobuf form. Source: apimachinery pkg/runtime/serializer/protobuf/protobuf.go. */
export const notMarshalable = (goType: string): ApiError =>
  new ApiError(
    'NotAcceptable',
    `object ${goType} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  )

/** The message of a kind, of a list of a kind or of a kind that all groups share; undefined if the facts have none. */
export function kindType(group: string, version: string, kind: string): MessageType | undefined {
  const name = factsName(group, version)
  if (name === undefined) return undefined
  const { kinds, types } = facts(name)
  const elsewhere = Object.hasOwn(kinds, kind) ? kinds[kind]!.type : undefined
  if (elsewhere?.includes('.')) return messageType(elsewhere)
  const type = elsewhere ?? kind
  if (Object.hasOwn(types, type)) return messageType(`${name}.${type}`)
  return Object.hasOwn(facts('meta.v1').types, type) && !type.includes('.') ? messageType(`meta.v1.${type}`) : undefined
}

/** Reads what follows the magic. Throws WireError. */
export function readEnvelope(reader: Reader): Envelope {
  let apiVersion = ''
  let kind = ''
  let raw: Buffer = Buffer.alloc(0)
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === rawTag) raw = reader.chunk()
    else if (tag === typeMetaTag) {
      const outer = reader.end
      reader.end = reader.limit()
      while (reader.at < reader.end) {
        const inner = reader.varint()
        if (inner === apiVersionTag) apiVersion = reader.string()
        else if (inner === kindTag) kind = reader.string()
        else skipOther(reader, inner, 'TypeMeta', ['APIVersion', 'Kind'])
      }
      reader.end = outer
    } else if (tag === contentEncodingTag || tag === contentTypeTag) reader.chunk()
    else skipOther(reader, tag, 'Unknown', ['TypeMeta', 'Raw', 'ContentEncoding', 'ContentType'])
  }
  return { apiVersion, kind, raw }
}

/** @param fields of the message by number, from 1; all of them are bytes of some kind */
function skipOther(reader: Reader, tag: number, message: string, fields: readonly string[]): void {
  const field = tag > 0xffffffff ? undefined : fields[(tag >>> 3) - 1]
  if (field === undefined || (tag & 7) === 4) reader.skipUnknown(tag, message)
  else throw new WireError(`proto: wrong wireType = ${tag & 7} for field ${field}`)
}
