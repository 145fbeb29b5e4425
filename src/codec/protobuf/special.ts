import { formatDuration, parseDuration, parseQuantity } from '../../api/index.js'
import { stringifyJson } from '../json/encode.js'
import { parseJson } from '../json/parse.js'
import { JsonError } from '../json/reader.js'
import type { Reader } from './reader.js'
import { microsOf, secondsOf, timeText } from './times.js'
import { WireError } from './wire-error.js'
import type { Writer } from './writer.js'

/** A message with a JSON form of its own. */
export interface SpecialCodec {
  /** The JSON of one that was never set. */
  readonly zero: unknown
  /** In Go it is a slice: it can be nil, and then is not written. */
  readonly isList: boolean
  /** Writes the fields, last one first. */
  write(writer: Writer, value: unknown, nested: NestedWriter): void
  /** Reads the fields up to `reader.end`. Throws WireError. */
  read(reader: Reader, nested: NestedReader): unknown
}

/** Writes and reads an ordinary message of type `ref` with its length in front. */
export type NestedWriter = (writer: Writer, ref: string, value: unknown) => void
export type NestedReader = (reader: Reader, ref: string) => unknown

/** The codec of a type (`meta.v1.Time`), undefined for all that are ordinary. */
export function specialCodec(ref: string): SpecialCodec | undefined {
  return codecs.get(ref)
}

/** Gives the fields that are known to `take`, which reads the value. */
function eachField(reader: Reader, name: string, take: (tag: number) => boolean): void {
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (!take(tag)) reader.skipUnknown(tag, name)
  }
}

const varint1 = 0x08
const varint2 = 0x10
const bytes1 = 0x0a
const bytes2 = 0x12
const bytes3 = 0x1a

const time: SpecialCodec = {
  zero: null,
  isList: false,
  write(writer, value) {
    if (value === null) return
    // An object tells few times, and those often.
    if (writer.time !== value) {
      writer.seconds = secondsOf(value as string)
      writer.time = value as string
    }
    writer.byte(0)
    writer.byte(varint2)
    writer.integer(writer.seconds)
    writer.byte(varint1)
  },
  read(reader) {
    const found = readTimestamp(reader)
    if (found === undefined || isZero(found)) return null
    // An object tells few times, and those often.
    if (reader.seconds !== found.seconds) {
      reader.time = timeText(found.seconds)
      reader.seconds = found.seconds
    }
    return reader.time
  },
}

const microTime: SpecialCodec = {
  zero: null,
  isList: false,
  write(writer, value) {
    if (value === null) return
    writer.integer(microsOf(value as string) * 1000)
    writer.byte(varint2)
    writer.integer(secondsOf(value as string))
    writer.byte(varint1)
  },
  read(reader) {
    const found = readTimestamp(reader)
    if (found === undefined) return null
    const micros = Math.trunc(found.nanos / 1000)
    const carry = Math.floor(micros / 1e6)
    const seconds = Number(found.seconds) + carry
    const rest = micros - carry * 1e6
    if (rest === 0 && isZero({ seconds })) return null
    return timeText(seconds, `.${String(rest).padStart(6, '0')}`)
  },
}

/** 0001-01-01T00:00:00Z. */
const isZero = ({ seconds }: { seconds: number | bigint }): boolean => seconds === -62_135_596_800

function readTimestamp(reader: Reader): { seconds: number | bigint; nanos: number } | undefined {
  if (reader.at === reader.end) return undefined
  let seconds: number | bigint = 0
  let nanos = 0
  eachField(reader, 'Timestamp', (tag) => {
    if (tag === varint1) seconds = reader.int64()
    else if (tag === varint2) nanos = reader.int32()
    else return false
    return true
  })
  return { seconds, nanos }
}

const duration: SpecialCodec = {
  zero: '0s',
  isList: false,
  write(writer, value) {
    writer.integer(parseDuration(value as string))
    writer.byte(varint1)
  },
  read(reader) {
    let nanoseconds: number | bigint = 0
    eachField(reader, 'Duration', (tag) => {
      if (tag !== varint1) return false
      nanoseconds = reader.int64()
      return true
    })
    return formatDuration(BigInt(nanoseconds))
  },
}

const quantity: SpecialCodec = {
  zero: '0',
  isList: false,
  write(writer, value) {
    writer.string(String(value))
    writer.byte(bytes1)
  },
  read(reader) {
    let text: string | undefined
    eachField(reader, 'Quantity', (tag) => {
      if (tag !== bytes1) return false
      text = reader.string()
      return true
    })
    if (text === undefined) return '0'
    if (canonical.test(text)) return text
    try {
      return parseQuantity(text).toString()
    } catch (error) {
      throw new WireError((error as Error).message)
    }
  },
}

/** Most quantities: their digits are too few to be written with another suffix. */
const canonical = /^(?:0|[1-9]\d{0,2}(?:[numkMG]|[KMGTP]i)?)$/

const intOrString: SpecialCodec = {
  zero: 0,
  isList: false,
  write(writer, value) {
    const isText = typeof value === 'string'
    writer.string(isText ? value : '')
    writer.byte(bytes3)
    writer.integer(isText ? 0 : (value as number))
    writer.byte(varint2)
    writer.byte(isText ? 1 : 0)
    writer.byte(varint1)
  },
  read(reader) {
    let type: number | bigint = 0
    let number = 0
    let text = ''
    eachField(reader, 'IntOrString', (tag) => {
      if (tag === varint1) type = reader.int64()
      else if (tag === varint2) number = reader.int32()
      else if (tag === bytes3) text = reader.string()
      else return false
      return true
    })
    if ((type as number | bigint) !== 0 && (type as number | bigint) !== 1)
      throw new WireError('impossible IntOrString.Type')
    return type === 0 ? number : text
  },
}

/** JSON text in a message. */
const rawJson = (name: string, parse: (text: Buffer) => unknown): SpecialCodec => ({
  zero: null,
  isList: false,
  write(writer, value) {
    if (value === null) return
    writer.string(stringifyJson(value))
    writer.byte(bytes1)
  },
  read(reader) {
    let raw: Buffer | undefined
    eachField(reader, name, (tag) => {
      if (tag !== bytes1) return false
      raw = reader.chunk()
      return true
    })
    if (raw === undefined || (raw as Buffer).length === 0) return null
    try {
      return parse(raw)
    } catch (error) {
      if (error instanceof JsonError) throw new WireError(error.message)
      throw error
    }
  },
})

const parseAny = (text: Buffer): unknown => parseJson(text).value

/** Sets of fields have no numbers whose digits could be lost; short ones are not too deep. */
function parseFields(text: Buffer): unknown {
  if (text.length > 4096) return parseAny(text)
  try {
    return JSON.parse(text.toString())
  } catch {
    return parseAny(text)
  }
}

/** A list of strings in a message of its own. */
const strings = (name: string): SpecialCodec => ({
  zero: null,
  isList: true,
  write(writer, value) {
    const items = (value ?? []) as readonly string[]
    for (let i = items.length - 1; i >= 0; i--) {
      writer.reserve()
      writer.string(items[i]!)
      writer.byte(bytes1)
    }
  },
  read(reader) {
    const items: string[] = []
    eachField(reader, name, (tag) => {
      if (tag !== bytes1) return false
      items.push(reader.string())
      return true
    })
    return items
  },
})

const schemaRef = 'apiextensions.v1.JSONSchemaProps'

/** A schema, or something in its place: JSONSchemaPropsOrBool and its kin. */
function schemaUnion(name: string, other: 'bool' | 'schemas' | 'strings'): SpecialCodec {
  return {
    zero: other === 'bool' ? false : null,
    isList: false,
    write(writer, value, nested) {
      if (Array.isArray(value)) {
        for (let i = value.length - 1; i >= 0; i--) {
          writer.reserve()
          if (other === 'strings') writer.string(value[i])
          else nested(writer, schemaRef, value[i])
          writer.byte(bytes2)
        }
        return
      }
      const isSchema = typeof value === 'object' && value !== null
      if (isSchema) {
        nested(writer, schemaRef, value)
        writer.byte(other === 'bool' ? bytes2 : bytes1)
      }
      if (other !== 'bool') return
      writer.byte(isSchema || value === true ? 1 : 0)
      writer.byte(varint1)
    },
    read(reader, nested) {
      let single: unknown
      let allows = false
      const items: unknown[] = []
      eachField(reader, name, (tag) => {
        if (other === 'bool' && tag === varint1) allows = reader.bool()
        else if (tag === (other === 'bool' ? bytes2 : bytes1)) single = nested(reader, schemaRef)
        else if (other !== 'bool' && tag === bytes2)
          items.push(other === 'strings' ? reader.string() : nested(reader, schemaRef))
        else return false
        return true
      })
      if (items.length > 0) return items
      return single ?? (other === 'bool' ? allows : null)
    },
  }
}

const codecs: ReadonlyMap<string, SpecialCodec> = new Map([
  ['meta.v1.Time', time],
  ['meta.v1.MicroTime', microTime],
  ['meta.v1.Duration', duration],
  ['meta.v1.FieldsV1', rawJson('FieldsV1', parseFields)],
  ['meta.v1.Verbs', strings('Verbs')],
  ['resource.Quantity', quantity],
  ['intstr.IntOrString', intOrString],
  ['runtime.RawExtension', rawJson('RawExtension', parseAny)],
  ...['authentication', 'authorization', 'certificates'].flatMap((group): [string, SpecialCodec][] => [
    [`${group}.v1.ExtraValue`, strings('ExtraValue')],
    [`${group}.v1beta1.ExtraValue`, strings('ExtraValue')],
  ]),
  ...['apiextensions.v1', 'apiextensions.v1beta1'].flatMap((pkg): [string, SpecialCodec][] => [
    [`${pkg}.JSON`, rawJson('JSON', parseAny)],
    [`${pkg}.JSONSchemaPropsOrArray`, schemaUnion('JSONSchemaPropsOrArray', 'schemas')],
    [`${pkg}.JSONSchemaPropsOrBool`, schemaUnion('JSONSchemaPropsOrBool', 'bool')],
    [`${pkg}.JSONSchemaPropsOrStringArray`, schemaUnion('JSONSchemaPropsOrStringArray', 'strings')],
  ]),
])
