import {
  boolOfString,
  doubleOfString,
  durationOfString,
  intOfDouble,
  intOfString,
  stringOfDouble,
  stringOfDuration,
  stringOfTimestamp,
  timestampOfInt,
  timestampOfString,
  uint,
  uintOfDouble,
  uintOfString,
} from '../convert.js'
import type { CallValidator, Library, LibraryConstant, LibraryFunction, Overload } from '../library.js'
import { compare, equal } from '../ops.js'
import { standardMacros } from '../parse/macros.js'
import { RegexCache } from '../regex-cache.js'
import { codePoints } from '../sizes.js'
import { listOf, mapOf, type Type, typeOf, typeParam, types } from '../types.js'
import {
  CelError,
  type Double,
  Duration,
  double,
  entryOf,
  type Fields,
  int,
  isInt,
  itemAt,
  type List,
  type PlainObject,
  sizeOfFields,
  sizeOfList,
  type Timestamp,
  toNumber,
  typeOfValue,
  type Uint,
  type Value,
} from '../values.js'
import { spend } from '../work.js'
import * as costs from './costs.js'
import * as numbers from './numbers.js'
import { timeFunctions } from './time.js'

const a = typeParam('A')
const listA = listOf(a)
const mapAB = mapOf(a, typeParam('B'))

/**
 * The language's own functions. Those that are not called like functions (`&&`, `==`, `[]`) are declared here for the
 * checker; the planner has them built in.
 */
export function standardLibrary(regexes = new RegexCache()): Library {
  return {
    name: 'stdlib',
    macros: standardMacros,
    constants,
    validators: [
      literalArgument('duration', (value) => durationOf(value)),
      literalArgument('timestamp', (value) => timestampOf(value)),
      literalArgument('matches', (value) => regexes.get(value as string)),
    ],
    functions: [
      ...logic,
      ...arithmetic,
      ...orders(),
      ...access,
      ...conversions,
      ...strings(regexes),
      ...timeFunctions(),
    ].map((declared) => ({ ...declared, costByOverload: true })),
  }
}

const never = (): Value => {
  throw new CelError('no such overload')
}

function overload(id: string, args: readonly Type[], result: Type, call: (...values: never[]) => Value): Overload {
  return { id, args, result, call: call as Overload['call'] }
}

const logic: readonly LibraryFunction[] = [
  { name: '_?_:_', overloads: [overload('conditional', [types.bool, a, a], a, never)] },
  { name: '_&&_', overloads: [overload('logical_and', [types.bool, types.bool], types.bool, never)] },
  { name: '_||_', overloads: [overload('logical_or', [types.bool, types.bool], types.bool, never)] },
  {
    name: '!_',
    mismatch: () => 'no such overload',
    overloads: [overload('logical_not', [types.bool], types.bool, (value: boolean) => !value)],
  },
  {
    name: '@not_strictly_false',
    overloads: [overload('not_strictly_false', [types.bool], types.bool, (value: boolean) => value)],
  },
  {
    name: '_==_',
    overloads: [{ ...overload('equals', [a, a], types.bool, equal), ...costs.comparison }],
  },
  {
    name: '_!=_',
    overloads: [
      { ...overload('not_equals', [a, a], types.bool, (x: Value, y: Value) => !equal(x, y)), ...costs.comparison },
    ],
  },
]

const { bool, bytes, double: real, duration, int: integer, string, timestamp, uint: unsigned } = types

/** What is said depends on whether the first operand knows the operator at all. */
const operatorMismatch =
  (name: string, known: readonly Type[]) =>
  ([first]: readonly Value[]): string => {
    const type = typeOfValue(first!)
    const told = [...known, string, timestamp, duration]
    return told.some(({ kind }) => kind === type.kind) ? 'no such overload' : `no such overload: ${name}`
  }

function operator(name: string, overloads: readonly Overload[]): LibraryFunction {
  return {
    name,
    overloads,
    mismatch: operatorMismatch(
      name,
      overloads.map(({ args }) => args[0]!),
    ),
  }
}

const arithmetic: readonly LibraryFunction[] = [
  operator('_+_', [
    { ...overload('add_bytes', [bytes, bytes], bytes, numbers.addBytes), ...costs.concatenation },
    overload('add_double', [real, real], real, numbers.addDoubles),
    overload('add_duration_duration', [duration, duration], duration, numbers.addDurations),
    overload('add_duration_timestamp', [duration, timestamp], timestamp, (x: Duration, y: Timestamp) =>
      numbers.addToTimestamp(y, x),
    ),
    overload('add_timestamp_duration', [timestamp, duration], timestamp, numbers.addToTimestamp),
    overload('add_int64', [integer, integer], integer, numbers.addInts),
    { ...overload('add_list', [listA, listA], listA, numbers.addLists), ...costs.listConcatenation },
    { ...overload('add_string', [string, string], string, (x: string, y: string) => x + y), ...costs.concatenation },
    overload('add_uint64', [unsigned, unsigned], unsigned, numbers.addUints),
  ]),
  operator('_/_', [
    overload('divide_double', [real, real], real, numbers.divideDoubles),
    overload('divide_int64', [integer, integer], integer, numbers.divideInts),
    overload('divide_uint64', [unsigned, unsigned], unsigned, numbers.divideUints),
  ]),
  operator('_%_', [
    overload('modulo_int64', [integer, integer], integer, numbers.moduloInts),
    overload('modulo_uint64', [unsigned, unsigned], unsigned, numbers.moduloUints),
  ]),
  operator('_*_', [
    overload('multiply_double', [real, real], real, numbers.multiplyDoubles),
    overload('multiply_int64', [integer, integer], integer, numbers.multiplyInts),
    overload('multiply_uint64', [unsigned, unsigned], unsigned, numbers.multiplyUints),
  ]),
  operator('-_', [
    overload('negate_double', [real], real, numbers.negateDouble),
    overload('negate_int64', [integer], integer, numbers.negateInt),
  ]),
  operator('_-_', [
    overload('subtract_double', [real, real], real, numbers.subtractDoubles),
    overload('subtract_duration_duration', [duration, duration], duration, numbers.subtractDurations),
    overload('subtract_int64', [integer, integer], integer, numbers.subtractInts),
    overload('subtract_timestamp_duration', [timestamp, duration], timestamp, numbers.takeFromTimestamp),
    overload('subtract_timestamp_timestamp', [timestamp, timestamp], duration, numbers.subtractTimestamps),
    overload('subtract_uint64', [unsigned, unsigned], unsigned, numbers.subtractUints),
  ]),
]

const ordered: readonly (readonly [id: string, left: Type, right: Type])[] = [
  ['bool', bool, bool],
  ['int64', integer, integer],
  ['int64_double', integer, real],
  ['int64_uint64', integer, unsigned],
  ['uint64', unsigned, unsigned],
  ['uint64_double', unsigned, real],
  ['uint64_int64', unsigned, integer],
  ['double', real, real],
  ['double_int64', real, integer],
  ['double_uint64', real, unsigned],
  ['string', string, string],
  ['bytes', bytes, bytes],
  ['timestamp', timestamp, timestamp],
  ['duration', duration, duration],
]

function orders(): LibraryFunction[] {
  const functions: readonly (readonly [name: string, id: string, call: (x: Value, y: Value) => boolean])[] = [
    ['_<_', 'less', (x, y) => compare(x, y) < 0],
    ['_<=_', 'less_equals', (x, y) => compare(x, y) <= 0],
    ['_>_', 'greater', (x, y) => compare(x, y) > 0],
    ['_>=_', 'greater_equals', (x, y) => compare(x, y) >= 0],
  ]
  return functions.map(([name, id, call]) =>
    operator(
      name,
      ordered.map(([suffix, left, right]) => ({
        ...overload(`${id}_${suffix}`, [left, right], bool, call),
        ...(suffix === 'string' || suffix === 'bytes' ? costs.comparison : {}),
      })),
    ),
  )
}

/** Whether a list has an item. */
function inList(value: Value, list: readonly Value[] | List): boolean {
  const size = sizeOfList(list)
  spend(size)
  for (let i = 0; i < size; i++) if (equal(itemAt(list, i), value)) return true
  return false
}

const sizes: readonly (readonly [kind: string, type: Type, size: (value: never) => Value])[] = [
  ['bytes', bytes, (value: Uint8Array) => value.length],
  ['list', listA, (value: readonly Value[]) => sizeOfList(value)],
  ['map', mapAB, (value: PlainObject | Fields) => sizeOfFields(value)],
  ['string', string, (value: string) => codePoints(value)],
]

const access: readonly LibraryFunction[] = [
  {
    name: '_[_]',
    overloads: [
      overload('index_list', [listA, integer], a, never),
      overload('index_map', [mapAB, a], typeParam('B'), never),
    ],
  },
  {
    name: '@in',
    mismatch: () => 'no such overload',
    overloads: [
      { ...overload('in_list', [a, listA], bool, inList), ...costs.membership },
      overload('in_map', [a, mapAB], bool, (key: Value, map: PlainObject) => entryOf(map, key) !== undefined),
    ],
  },
  {
    name: 'size',
    mismatch: () => 'no such overload: size',
    overloads: sizes.flatMap(([kind, type, size]) => [
      overload(`size_${kind}`, [type], integer, size),
      { ...overload(`${kind}_size`, [type], integer, size), member: true },
    ]),
  },
]

const same = (value: Value): Value => value
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function stringOfBytes(value: Uint8Array): string {
  try {
    return decoder.decode(value)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}

const bytesOfString = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'utf8'))

const conversions: readonly LibraryFunction[] = [
  { name: 'type', overloads: [overload('type', [a], typeOf(a), typeOfValue)] },
  {
    name: 'bool',
    overloads: [overload('bool_to_bool', [bool], bool, same), overload('string_to_bool', [string], bool, boolOfString)],
  },
  {
    name: 'bytes',
    overloads: [
      overload('bytes_to_bytes', [bytes], bytes, same),
      { ...overload('string_to_bytes', [string], bytes, bytesOfString), ...costs.stringToBytes },
    ],
  },
  {
    name: 'double',
    overloads: [
      overload('double_to_double', [real], real, same),
      overload('int64_to_double', [integer], real, (value: number | bigint) => double(Number(value))),
      overload('string_to_double', [string], real, doubleOfString),
      overload('uint64_to_double', [unsigned], real, (value: Uint) => double(Number(value.value))),
    ],
  },
  {
    name: 'duration',
    overloads: [
      overload('duration_to_duration', [duration], duration, same),
      overload('int64_to_duration', [integer], duration, (value: number | bigint) => new Duration(BigInt(value))),
      overload('string_to_duration', [string], duration, durationOfString),
    ],
  },
  { name: 'dyn', overloads: [overload('to_dyn', [a], types.dyn, same)] },
  {
    name: 'int',
    overloads: [
      overload('int64_to_int64', [integer], integer, same),
      overload('double_to_int64', [real], integer, (value: number | Double) => intOfDouble(toNumber(value))),
      overload('duration_to_int64', [duration], integer, (value: Duration) => int(value.nanos)),
      overload('string_to_int64', [string], integer, intOfString),
      overload('timestamp_to_int64', [timestamp], integer, (value: Timestamp) => value.seconds),
      overload('uint64_to_int64', [unsigned], integer, (value: Uint) => int(value.value)),
    ],
  },
  {
    name: 'string',
    overloads: [
      overload('string_to_string', [string], string, same),
      overload('bool_to_string', [bool], string, String),
      { ...overload('bytes_to_string', [bytes], string, stringOfBytes), ...costs.bytesToString },
      overload('double_to_string', [real], string, (value: number | Double) => stringOfDouble(toNumber(value))),
      overload('duration_to_string', [duration], string, stringOfDuration),
      overload('int64_to_string', [integer], string, String),
      overload('timestamp_to_string', [timestamp], string, stringOfTimestamp),
      overload('uint64_to_string', [unsigned], string, (value: Uint) => String(value.value)),
    ],
  },
  {
    name: 'timestamp',
    overloads: [
      overload('timestamp_to_timestamp', [timestamp], timestamp, same),
      overload('int64_to_timestamp', [integer], timestamp, timestampOfInt),
      overload('string_to_timestamp', [string], timestamp, timestampOfString),
    ],
  },
  {
    name: 'uint',
    overloads: [
      overload('uint64_to_uint64', [unsigned], unsigned, same),
      overload('double_to_uint64', [real], unsigned, (value: number | Double) => uintOfDouble(toNumber(value))),
      overload('int64_to_uint64', [integer], unsigned, (value: number | bigint) => uint(BigInt(value))),
      overload('string_to_uint64', [string], unsigned, uintOfString),
    ],
  },
]

function strings(regexes: RegexCache): LibraryFunction[] {
  const method = (name: string, id: string, call: (text: string, part: string) => boolean, how: object) => ({
    name,
    mismatch: () => 'no such overload',
    overloads: [{ ...overload(id, [string, string], bool, call), member: true, ...how }],
  })
  const matches = (text: string, pattern: string) => regexes.get(pattern).matcher(text).find()
  const check = ([, pattern]: readonly (Value | undefined)[]) => {
    if (typeof pattern === 'string') regexes.get(pattern)
  }
  return [
    method('contains', 'contains_string', (text, part) => text.includes(part), costs.containment),
    method('endsWith', 'ends_with_string', (text, end) => text.endsWith(end), costs.affix),
    method('startsWith', 'starts_with_string', (text, start) => text.startsWith(start), costs.affix),
    {
      name: 'matches',
      mismatch: () => 'no such overload',
      overloads: [
        { ...overload('matches', [string, string], bool, matches), check },
        { ...overload('matches_string', [string, string], bool, matches), member: true, check, ...costs.matching },
      ],
    },
  ]
}

const named: readonly Type[] = [
  ...[types.bool, types.bytes, types.double, types.duration, types.int, types.null],
  ...[types.string, types.timestamp, types.type, types.uint],
  listOf(types.dyn),
  mapOf(types.dyn, types.dyn),
]

const constants: readonly LibraryConstant[] = named.map((type) => ({
  name: type.name,
  type: typeOf(type),
  value: type,
}))

const durationOf = (value: Value): Value => (typeof value === 'string' ? durationOfString(value) : never())
const timestampOf = (value: Value): Value =>
  isInt(value) ? timestampOfInt(value) : typeof value === 'string' ? timestampOfString(value) : never()

/** A literal as first argument that can be told to be wrong. */
function literalArgument(name: string, check: (value: Value) => unknown): CallValidator {
  return {
    name,
    validate(call, _, report) {
      const [first] = call.args
      if (first?.kind !== 'literal') return
      try {
        check(first.value)
      } catch (error) {
        if (!(error instanceof CelError)) throw error
        report(first, `invalid ${name} argument`)
      }
    },
  }
}
