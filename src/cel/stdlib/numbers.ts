import { duration, timestamp, uint } from '../convert.js'
import {
  asGoList,
  CelError,
  type Double,
  type Duration,
  double,
  int,
  itemsOf,
  List,
  sizeOfList,
  type Timestamp,
  toNumber,
  Uint,
  type Value,
} from '../values.js'
import { spend } from '../work.js'

type Int = number | bigint
type Real = number | Double

/** Ints: quick while both are numbers and the result is one. */
export function addInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return int(BigInt(a) + BigInt(b))
}

export function subtractInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return int(BigInt(a) - BigInt(b))
}

export function multiplyInts(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    // Adding zero makes -0 an int's only zero.
    if (Number.isSafeInteger(product)) return product + 0
  }
  return int(BigInt(a) * BigInt(b))
}

/** Towards zero. */
export function divideInts(a: Int, b: Int): Int {
  if (b === 0) throw new CelError('division by zero')
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0
  return int(BigInt(a) / BigInt(b))
}

/** With the sign of the dividend. */
export function moduloInts(a: Int, b: Int): Int {
  if (b === 0) throw new CelError('modulus by zero')
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0
  if (b === -1 && BigInt(a) === -(2n ** 63n)) throw new CelError('integer overflow')
  return int(BigInt(a) % BigInt(b))
}

export const negateInt = (a: Int): Int => (typeof a === 'number' ? 0 - a : int(-a))

export const addUints = (a: Uint, b: Uint): Uint => uint(a.value + b.value)
export const subtractUints = (a: Uint, b: Uint): Uint => uint(a.value - b.value)
export const multiplyUints = (a: Uint, b: Uint): Uint => uint(a.value * b.value)

export function divideUints(a: Uint, b: Uint): Uint {
  if (b.value === 0n) throw new CelError('division by zero')
  return new Uint(a.value / b.value)
}

export function moduloUints(a: Uint, b: Uint): Uint {
  if (b.value === 0n) throw new CelError('modulus by zero')
  return new Uint(a.value % b.value)
}

export const addDoubles = (a: Real, b: Real): Real => double(toNumber(a) + toNumber(b))
export const subtractDoubles = (a: Real, b: Real): Real => double(toNumber(a) - toNumber(b))
export const multiplyDoubles = (a: Real, b: Real): Real => double(toNumber(a) * toNumber(b))
export const divideDoubles = (a: Real, b: Real): Real => double(toNumber(a) / toNumber(b))
export const negateDouble = (a: Real): Real => double(-toNumber(a))

const billion = 1_000_000_000n

export const addDurations = (a: Duration, b: Duration): Duration => duration(a.nanos + b.nanos)
export const subtractDurations = (a: Duration, b: Duration): Duration => duration(a.nanos - b.nanos)

export const addToTimestamp = (a: Timestamp, b: Duration): Timestamp => moved(a, b.nanos)
export const takeFromTimestamp = (a: Timestamp, b: Duration): Timestamp => moved(a, -b.nanos)

export const subtractTimestamps = (a: Timestamp, b: Timestamp): Duration =>
  duration((BigInt(a.seconds) - BigInt(b.seconds)) * billion + BigInt(a.nanos - b.nanos))

function moved({ seconds, nanos, offset }: Timestamp, by: bigint): Timestamp {
  const total = BigInt(seconds) * billion + BigInt(nanos) + by
  const rest = ((total % billion) + billion) % billion
  return timestamp(Number((total - rest) / billion), Number(rest), offset)
}

export function addLists(a: readonly Value[] | List, b: readonly Value[] | List): Value {
  if (a instanceof List && a.concat !== undefined) return a.concat(b)
  spend(sizeOfList(a) + sizeOfList(b))
  return asGoList(itemsOf(a).concat(itemsOf(b)), 'any')
}

export function addBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  spend((a.length + b.length) >> 3)
  const sum = new Uint8Array(a.length + b.length)
  sum.set(a)
  sum.set(b, a.length)
  return sum
}
