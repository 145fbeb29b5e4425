import { minSeconds } from '../convert.js'
import type { Library, Overload } from '../library.js'
import { optionalMacros } from '../parse/macros.js'
import { listOf, mapOf, optionalOf, type Type, typeOf, typeParam, types } from '../types.js'
import {
  CelError,
  Double,
  Duration,
  isFields,
  isList,
  itemAt,
  itemsOf,
  type List,
  Optional,
  sizeOfFields,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from '../values.js'

const k = typeParam('K')
const v = typeParam('V')
const optionalV = optionalOf(v)
const listV = listOf(v)
const mapKV = mapOf(k, v)

/** Optional values. `?.`, `[?]`, `or` and `orValue` are declared here for the checker; the planner has them built in. */
export function optionalLibrary(): Library {
  return {
    name: 'cel.lib.optional',
    macros: optionalMacros,
    constants: [{ name: 'optional_type', type: typeOf(optionalOf(types.dyn)), value: optionalOf(types.dyn) }],
    functions: [
      global('optional.of', 'optional_of', [v], optionalV, (value: Value) => new Optional(value)),
      global('optional.ofNonZeroValue', 'optional_ofNonZeroValue', [v], optionalV, (value: Value) =>
        isZero(value) ? Optional.none : new Optional(value),
      ),
      global('optional.none', 'optional_none', [], optionalV, () => Optional.none),
      method('value', 'optional_value', [optionalV], v, ({ value }: Optional) => {
        if (value === undefined) throw new CelError('optional.none() dereference')
        return value
      }),
      method('hasValue', 'optional_hasValue', [optionalV], types.bool, ({ value }: Optional) => value !== undefined),
      method('or', 'optional_or_optional', [optionalV, optionalV], optionalV, never),
      method('orValue', 'optional_orValue_value', [optionalV, v], v, never),
      global('_?._', 'select_optional_field', [types.dyn, types.string], optionalV, never),
      {
        name: '_[?_]',
        overloads: [
          overload('list_optindex_optional_int', [listV, types.int], optionalV),
          overload('optional_list_optindex_optional_int', [optionalOf(listV), types.int], optionalV),
          overload('map_optindex_optional_value', [mapKV, k], optionalV),
          overload('optional_map_optindex_optional_value', [optionalOf(mapKV), k], optionalV),
        ],
      },
      {
        name: '_[_]',
        overloads: [
          overload('optional_list_index_int', [optionalOf(listV), types.int], optionalV),
          overload('optional_map_index_value', [optionalOf(mapKV), k], optionalV),
        ],
      },
      method('last', 'list_last', [listV], optionalV, (list: readonly Value[] | List) => {
        const size = sizeOfList(list)
        return size === 0 ? Optional.none : new Optional(itemAt(list, size - 1))
      }),
      method('first', 'list_first', [listV], optionalV, (list: readonly Value[] | List) =>
        sizeOfList(list) === 0 ? Optional.none : new Optional(itemAt(list, 0)),
      ),
      global('optional.unwrap', 'optional_unwrap', [listOf(optionalV)], listV, unwrap),
      method('unwrapOpt', 'optional_unwrapOpt', [listOf(optionalV)], listV, unwrap),
    ],
  }
}

const never = (): Value => {
  throw new CelError('no such overload')
}

const overload = (id: string, args: readonly Type[], result: Type, call: Overload['call'] = never): Overload => ({
  id,
  args,
  result,
  call,
})

function global(name: string, id: string, args: readonly Type[], result: Type, call: (...args: never[]) => Value) {
  return { name, overloads: [overload(id, args, result, call as Overload['call'])] }
}

function method(name: string, id: string, args: readonly Type[], result: Type, call: (...args: never[]) => Value) {
  return { name, overloads: [{ ...overload(id, args, result, call as Overload['call']), member: true }] }
}

function unwrap(list: readonly Value[] | List): Value {
  const values: Value[] = []
  for (const item of itemsOf(list)) {
    if (!(item instanceof Optional)) throw new CelError(`value ${String(item)} is not optional`)
    if (item.value !== undefined) values.push(item.value)
  }
  return values
}

function isZero(value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return value === ''
    case 'number':
      return value === 0
    case 'boolean':
      return !value
    case 'bigint':
      return false
    default:
      return isZeroObject(value)
  }
}

function isZeroObject(value: Exclude<Value, string | number | boolean | bigint>): boolean {
  if (value === null) return true
  if (value instanceof Double) return value.value === 0
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Uint8Array) return value.length === 0
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Timestamp) return value.seconds === minSeconds && value.nanos === 0
  if (value instanceof Optional) return value.value === undefined || isZero(value.value)
  if (isList(value)) return sizeOfList(value) === 0
  return isFields(value) && sizeOfFields(value) === 0
}
