import type { CallNode, Library, LibraryFunction, Overload } from '../library.js'
import { compare as compareValues, equal as equalValues } from '../ops.js'
import { addRanges, fixed, multiplyRanges, scaleRange, stringTraversalFactor } from '../ranges.js'
import { listOf, type Type, typeParam, types } from '../types.js'
import {
  CelError,
  Duration,
  double,
  entryOf,
  isFields,
  isList,
  itemsOf,
  keysOf,
  type List,
  toNumber,
  Uint,
  type Value,
} from '../values.js'

const comparable: readonly (readonly [name: string, type: Type])[] = [
  ['int', types.int],
  ['uint', types.uint],
  ['double', types.double],
  ['bool', types.bool],
  ['duration', types.duration],
  ['timestamp', types.timestamp],
  ['string', types.string],
  ['bytes', types.bytes],
]

type Values = readonly Value[] | List

/** `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf` of lists. Source: apiserver pkg/cel/library/lists.go. */
export function listsLibrary(): Library {
  const item = typeParam('A')
  const ofComparable = (name: string, suffix: (type: string) => string, result: (type: Type) => Type, call: Call) =>
    method(
      name,
      comparable.map(([type, own]) => ({
        id: `list_${type}_${suffix(type)}`,
        member: true,
        args: [listOf(own)],
        result: result(own),
        call,
      })),
    )
  return {
    name: 'kubernetes.lists',
    functions: [
      ofComparable(
        'isSorted',
        () => 'is_sorted_bool',
        () => types.bool,
        isSorted,
      ),
      ofComparable(
        'max',
        (type) => `max_${type}`,
        (type) => type,
        (list: Values) => extreme('max', -1, list),
      ),
      ofComparable(
        'min',
        (type) => `min_${type}`,
        (type) => type,
        (list: Values) => extreme('min', 1, list),
      ),
      method('sum', [
        sum('int', types.int, sumInts),
        sum('uint', types.uint, (list) => list.reduce<Value>((a, b) => addUints(a as Uint, b as Uint), new Uint(0n))),
        sum('double', types.double, (list) => double(list.reduce<number>((a, b) => a + toNumber(b as number), 0))),
        sum('duration', types.duration, (list) =>
          list.reduce<Value>((a, b) => addDurations(a as Duration, b as Duration), new Duration(0n)),
        ),
      ]),
      method('indexOf', [
        {
          id: 'list_a_index_of_int',
          member: true,
          args: [listOf(item), item],
          result: types.int,
          call: (list: Values, value: Value) => itemsOf(list).findIndex((own) => equalValues(own, value)),
        },
      ]),
      method('lastIndexOf', [
        {
          id: 'list_a_last_index_of_int',
          member: true,
          args: [listOf(item), item],
          result: types.int,
          call: (list: Values, value: Value) => itemsOf(list).findLastIndex((own) => equalValues(own, value)),
        },
      ]),
    ],
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the declared types say what it gets
type Call = (...args: any[]) => Value

const method = (name: string, overloads: readonly Overload[]): LibraryFunction => ({
  name,
  overloads: overloads.map((overload) => ({ ...overload, cost: ([list]) => traversalCost(list!), estimate })),
})

const sum = (name: string, type: Type, add: (list: readonly Value[]) => Value): Overload => ({
  id: `list_${name}_sum_${name}`,
  member: true,
  args: [listOf(type)],
  result: type,
  call: (list: Values) => add(itemsOf(list)),
})

function isSorted(list: Values): boolean {
  const items = itemsOf(list)
  for (let i = 1; i < items.length; i++) if (compareValues(items[i - 1]!, items[i]!) > 0) return false
  return true
}

/** @param worse how the one kept so far compares if the next one is to be taken */
function extreme(name: string, worse: number, list: Values): Value {
  const items = itemsOf(list)
  if (items.length === 0) throw new CelError(`${name} called on empty list`)
  return items.reduce((kept, next) => (Math.sign(compareValues(kept, next)) === worse ? next : kept))
}

function sumInts(list: readonly Value[]): Value {
  let small = 0
  let i = 0
  for (; i < list.length; i++) {
    const next = list[i]
    if (typeof next !== 'number' || !Number.isSafeInteger(small + next)) break
    small += next
  }
  if (i === list.length) return small
  let wide = BigInt(small)
  for (; i < list.length; i++) {
    wide += BigInt(list[i] as number | bigint)
    if (wide > maxInt64 || wide < -maxInt64 - 1n) throw new CelError('integer overflow')
  }
  return Number.isSafeInteger(Number(wide)) ? Number(wide) : wide
}

const maxInt64 = 0x7fffffffffffffffn

function addUints(a: Uint, b: Uint): Uint {
  const value = a.value + b.value
  if (value > 0xffffffffffffffffn) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

function addDurations(a: Duration, b: Duration): Duration {
  const nanos = a.nanos + b.nanos
  if (nanos > maxInt64 || nanos < -maxInt64 - 1n) throw new CelError('integer overflow')
  return new Duration(nanos)
}

/** Every scalar within counts 1, every ten bytes of text 1. */
function traversalCost(value: Value): number {
  if (typeof value === 'string') return Math.floor(Buffer.byteLength(value) * stringTraversalFactor)
  if (typeof value !== 'object' || value === null) return 1
  if (value instanceof Uint8Array) return Math.floor(value.length * stringTraversalFactor)
  let cost = 0
  if (isList(value)) for (const item of itemsOf(value)) cost += traversalCost(item)
  else if (isFields(value))
    for (const key of keysOf(value)) cost += traversalCost(key) + traversalCost(entryOf(value, key) ?? null)
  else return 1
  return cost
}

function estimate({ target, sizeOf, itemOf }: CallNode) {
  if (target === undefined) return undefined
  const item = itemOf(target)
  if (item === undefined) return { cost: scaleRange(sizeOf(target), stringTraversalFactor) }
  const { kind } = item.type
  const one = fixed(1)
  const each =
    kind === 'string' || kind === 'bytes' ? addRanges(one, scaleRange(sizeOf(item), stringTraversalFactor)) : one
  return { cost: multiplyRanges(sizeOf(target), each) }
}
