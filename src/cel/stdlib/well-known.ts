import { duration, timestamp } from '../convert.js'
import type { FieldDecl, ObjectType, TypeProvider } from '../type-provider.js'
import { listOf, mapOf, nullableOf, type Type, types } from '../types.js'
import { CelError, Double, double, toNumber, Uint, type Value } from '../values.js'

/**
 * Protobuf's own messages that have a place in the language: `google.protobuf.Timestamp{seconds: 1}`. What is made of them are
 * plain values, which have no fields.
 */
export const wellKnownTypes: TypeProvider = { find: (name) => known.get(name) }

type Fields = ReadonlyMap<string, Value>

const number = (fields: Fields, name: string): bigint => BigInt((fields.get(name) as number | bigint | undefined) ?? 0)

function message(
  name: string,
  type: Type,
  fields: Readonly<Record<string, Type>>,
  construct: (fields: Fields) => Value,
): readonly [string, ObjectType] {
  const declared = new Map<string, FieldDecl>(
    Object.entries(fields).map(([field, own]) => [field, { type: own, read: () => undefined }]),
  )
  return [`google.protobuf.${name}`, { type, field: (field) => declared.get(field), construct }]
}

/** A message with nothing but a value. @param zero what it is if it is not set */
const wrapper = (name: string, type: Type, zero: Value, check: (value: Value) => Value = (value) => value) =>
  message(name, nullableOf(type), { value: type }, (fields) => check(fields.get('value') ?? zero))

const within =
  (name: string, min: number, max: number, overflow: string) =>
  (value: Value): Value => {
    const held = value instanceof Uint ? value.value : (value as number | bigint)
    if (held < min || held > max)
      throw new CelError(`field type conversion error for google.protobuf.${name}.value value type: ${overflow}`)
    return value
  }

const int32 = within('Int32Value', -(2 ** 31), 2 ** 31 - 1, 'integer overflow')
const uint32 = within('UInt32Value', 0, 2 ** 32 - 1, 'unsigned integer overflow')

const known: ReadonlyMap<string, ObjectType> = new Map([
  message('Timestamp', types.timestamp, { seconds: types.int, nanos: types.int }, (fields) =>
    timestamp(Number(number(fields, 'seconds')), Number(number(fields, 'nanos'))),
  ),
  message('Duration', types.duration, { seconds: types.int, nanos: types.int }, (fields) =>
    duration(number(fields, 'seconds') * 1_000_000_000n + number(fields, 'nanos')),
  ),
  wrapper('BoolValue', types.bool, false),
  wrapper('BytesValue', types.bytes, new Uint8Array()),
  wrapper('DoubleValue', types.double, new Double(0)),
  wrapper('FloatValue', types.double, new Double(0), (value) => double(Math.fround(toNumber(value as number)))),
  wrapper('Int32Value', types.int, 0, int32),
  wrapper('Int64Value', types.int, 0),
  wrapper('StringValue', types.string, ''),
  wrapper('UInt32Value', types.uint, new Uint(0n), uint32),
  wrapper('UInt64Value', types.uint, new Uint(0n)),
  message(
    'Struct',
    mapOf(types.string, types.dyn),
    { fields: mapOf(types.string, types.dyn) },
    (fields) => fields.get('fields') ?? {},
  ),
  message('ListValue', listOf(types.dyn), { values: listOf(types.dyn) }, (fields) => fields.get('values') ?? []),
  message(
    'Value',
    types.dyn,
    {
      null_value: types.null,
      number_value: types.double,
      string_value: types.string,
      bool_value: types.bool,
      struct_value: mapOf(types.string, types.dyn),
      list_value: listOf(types.dyn),
    },
    (fields) => [...fields.values()][0] ?? null,
  ),
])
