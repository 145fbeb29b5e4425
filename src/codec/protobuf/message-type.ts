import { absolute, type FieldFacts, locateType } from '../../api/index.js'
import { type SpecialCodec, specialCodec } from './special.js'

/** How a field's value, or each item or map value of it, is written. */
export enum Kind {
  String,
  Bool,
  Int32,
  Int64,
  Double,
  Bytes,
  Message,
  /** A message whose JSON form is not an object with the same fields. */
  Special,
}

export enum Many {
  One,
  List,
  Map,
}

/** A field on the wire. */
export interface WireField {
  readonly number: number
  /** Number and wire type as they are written. */
  readonly tag: number
  readonly json: string
  /** The Go field's name, which errors tell. */
  readonly go: string
  readonly kind: Kind
  readonly many: Many
  /** Left out when unset. Other fields are written even then. */
  readonly optional: boolean
  /** The message's fields lie in its parent's JSON object. */
  readonly inline: boolean
  /** Of Kind.Message. */
  readonly message: MessageType | undefined
  /** Of Kind.Special. */
  readonly special: SpecialCodec | undefined
  /** Filled when it is first wanted: an unset value of a message, with its length. */
  readonly zero: { bytes: Buffer | undefined }
  /** Place of the value, or of the first field of an inline message, among the parent's JSON fields. */
  readonly slot: number
}

/** A field of the JSON object. */
export interface JsonField {
  readonly json: string
  /** Nothing is there if nothing came. */
  readonly isLeftOut: boolean
  /** Else this, or an empty one of `message`. */
  readonly absent: unknown
  readonly message: MessageType | undefined
  /** Zeros and empty strings are left out. */
  readonly omitZero: boolean
}

const types = new Map<string, MessageType>()

/**
 * The wire form of a struct of the facts (`core.v1.Pod`), made on first use.
 *
 * @throws Error if the facts have no such struct: a mistake in the program
 */
export function messageType(ref: string): MessageType {
  let type = types.get(ref)
  if (type === undefined) {
    type = new MessageType(ref)
    types.set(ref, type)
  }
  return type
}

/** Tables are made when the first message of the type is: types may hold themselves. */
export class MessageType {
  readonly goName: string
  readonly #pkg: string
  readonly #declared: readonly FieldFacts[]
  #wire: readonly WireField[] | undefined
  #byNumber: readonly (WireField | undefined)[] | undefined
  #json: readonly JsonField[] | undefined
  #names: readonly string[] | undefined

  constructor(readonly ref: string) {
    const { pkg, file, key } = locateType(ref)
    const declared = file.types[key]?.fields
    if (declared === undefined) throw new Error(`no facts about struct ${ref}`)
    this.#pkg = pkg
    this.#declared = declared
    this.goName = key.slice(key.lastIndexOf('.') + 1)
  }

  /** Tables and the like have no form in protobuf. */
  get isMarshalable(): boolean {
    return this.#declared.length === 0 || this.#declared.some(({ proto }) => proto !== undefined)
  }

  /** In descending order of numbers, as messages are written. */
  get wire(): readonly WireField[] {
    this.#wire ??= this.#compile()
    return this.#wire
  }

  get byNumber(): readonly (WireField | undefined)[] {
    if (this.#byNumber === undefined) {
      const byNumber: (WireField | undefined)[] = []
      for (const field of this.wire) byNumber[field.number] = field
      this.#byNumber = Array.from(byNumber)
    }
    return this.#byNumber
  }

  /** In the order in which Go writes JSON. */
  get json(): readonly JsonField[] {
    this.#json ??= this.#declared.flatMap((field) =>
      field.inline
        ? messageType(absolute(field.type, this.#pkg)).json
        : field.json === undefined || field.json === '-'
          ? []
          : [jsonField(field.json, field, this.#resolve(field))],
    )
    return this.#json
  }

  /** JSON names by slot, empty for what is not in the message. */
  get names(): readonly string[] {
    if (this.#names === undefined) {
      const names: string[] = this.json.map(() => '')
      for (const { inline, message, slot, json } of this.wire) {
        if (inline) names.splice(slot, message!.names.length, ...message!.names)
        else names[slot] = json
      }
      this.#names = names
    }
    return this.#names
  }

  /** The struct begins with kind and apiVersion, which are not in the message. */
  get hasTypeMeta(): boolean {
    const first = this.#declared[0]
    return first?.inline === true && first.proto === undefined && absolute(first.type, this.#pkg) === 'meta.v1.TypeMeta'
  }

  #compile(): readonly WireField[] {
    let slot = 0
    const fields: WireField[] = []
    for (const field of this.#declared) {
      const inline = field.inline === true
      if (field.proto !== undefined) fields.push(this.#wireField(field, field.proto, slot))
      if (inline) slot += messageType(absolute(field.type, this.#pkg)).json.length
      else if (field.json !== undefined && field.json !== '-') slot++
    }
    return fields.sort((a, b) => b.number - a.number)
  }

  #resolve(field: FieldFacts): Resolved {
    return resolve(absolute(field.type, this.#pkg))
  }

  #wireField(field: FieldFacts, number: number, slot: number): WireField {
    const { kind, many, ref } = this.#resolve(field)
    return {
      number,
      tag: number * 8 + (many === Many.Map ? 2 : wireTypes[kind]),
      json: field.json ?? '',
      go: field.go ?? ref.slice(ref.lastIndexOf('.') + 1),
      kind,
      many,
      optional: isNilable(field, { kind, many, ref }),
      inline: field.inline === true,
      message: kind === Kind.Message ? messageType(ref) : undefined,
      zero: { bytes: undefined },
      special: kind === Kind.Special ? specialCodec(ref) : undefined,
      slot,
    }
  }
}

const wireTypes: Readonly<Record<Kind, number>> = {
  [Kind.String]: 2,
  [Kind.Bool]: 0,
  [Kind.Int32]: 0,
  [Kind.Int64]: 0,
  [Kind.Double]: 1,
  [Kind.Bytes]: 2,
  [Kind.Message]: 2,
  [Kind.Special]: 2,
}

/** What a type reference comes to on the wire. */
interface Resolved {
  readonly kind: Kind
  readonly many: Many
  /** Of the struct or special type. */
  readonly ref: string
}

const scalars: ReadonlyMap<string, Kind> = new Map([
  ['string', Kind.String],
  ['bool', Kind.Bool],
  ['int32', Kind.Int32],
  ['uint8', Kind.Int32],
  ['int', Kind.Int64],
  ['int64', Kind.Int64],
  ['uint32', Kind.Int64],
  ['uint64', Kind.Int64],
  ['float64', Kind.Double],
  ['bytes', Kind.Bytes],
])

function resolve(ref: string): Resolved {
  if (ref.startsWith('[]')) return { ...resolve(ref.slice(2)), many: Many.List }
  if (ref.startsWith('map[')) return { ...resolve(ref.slice(ref.indexOf(']') + 1)), many: Many.Map }
  const bare = ref.startsWith('*') ? ref.slice(1) : ref
  const scalar = scalars.get(bare)
  if (scalar !== undefined) return { kind: scalar, many: Many.One, ref: bare }
  if (specialCodec(bare) !== undefined) return { kind: Kind.Special, many: Many.One, ref: bare }
  const { pkg, file, key } = locateType(bare)
  if (file.types[key] !== undefined) return { kind: Kind.Message, many: Many.One, ref: bare }
  const alias = file.aliases[key]
  if (alias !== undefined) return resolve(absolute(alias, pkg))
  if (file.enums[key] !== undefined) return { kind: Kind.String, many: Many.One, ref: bare }
  throw new Error(`no facts about type ${bare}`)
}

/** In Go it can be nil. */
const isNilable = ({ pointer }: FieldFacts, { kind, many, ref }: Resolved): boolean =>
  pointer === true || many !== Many.One || kind === Kind.Bytes || (kind === Kind.Special && specialCodec(ref)!.isList)

function jsonField(json: string, field: FieldFacts, type: Resolved): JsonField {
  const { pointer = false, omitempty = false, omitzero = false } = field
  const nilable = isNilable(field, type)
  const isStruct = type.kind === Kind.Message || type.kind === Kind.Special
  return {
    json,
    isLeftOut: omitzero || (omitempty && (nilable || !isStruct)),
    absent: nilable ? null : type.kind === Kind.Special ? specialCodec(type.ref)!.zero : zeros[type.kind],
    message: nilable || type.kind !== Kind.Message ? undefined : messageType(type.ref),
    omitZero: omitzero || (omitempty && !pointer && type.many === Many.One && !isStruct),
  }
}

const zeros: Readonly<Partial<Record<Kind, unknown>>> = {
  [Kind.String]: '',
  [Kind.Bool]: false,
  [Kind.Int32]: 0,
  [Kind.Int64]: 0,
  [Kind.Double]: 0,
}
