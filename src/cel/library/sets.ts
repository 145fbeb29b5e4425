import type { CallNode, Library, LibraryFunction } from '../library.js'
import { equal as equalValues } from '../ops.js'
import { addRanges, fixed, multiplyRanges, scaleRange } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { listOf, typeParam, types } from '../types.js'
import { itemsOf, type List, type Value } from '../values.js'

type Values = readonly Value[] | List

/** `sets.contains`, `sets.equivalent`, `sets.intersects`. Source: cel-go ext/sets.go. */
export function setsLibrary(): Library {
  return {
    name: 'cel.lib.ext.sets',
    since: 29,
    functions: [
      relation('contains', contains, 1),
      relation('equivalent', (a, b) => contains(a, b) && contains(b, a), 2),
      relation(
        'intersects',
        (a, b) => {
          const holds = membership(b)
          return itemsOf(a).some(holds)
        },
        1,
      ),
    ],
  }
}

function contains(list: Values, part: Values): boolean {
  return itemsOf(part).every(membership(list))
}

/** Strings are looked up, everything else is compared one by one. */
function membership(list: Values): (value: Value) => boolean {
  const items = itemsOf(list)
  let texts: Set<Value> | undefined
  return (value) => {
    if (typeof value !== 'string') return items.some((own) => equalValues(own, value))
    texts ??= new Set(items)
    return texts.has(value)
  }
}

function relation(name: string, holds: (a: Values, b: Values) => boolean, factor: number): LibraryFunction {
  const list = listOf(typeParam('T'))
  return {
    name: `sets.${name}`,
    overloads: [
      {
        id: `list_sets_${name}_list`,
        args: [list, list],
        result: types.bool,
        call: holds as (...args: Value[]) => Value,
        cost: ([a, b]) => 1 + Math.floor(sizeOfValue(a!) * sizeOfValue(b!) * factor),
        estimate({ args: [a, b], sizeOf }: CallNode) {
          const both = multiplyRanges(sizeOf(a!), sizeOf(b!))
          return { cost: addRanges(scaleRange(both, factor), fixed(1)) }
        },
      },
    ],
  }
}
