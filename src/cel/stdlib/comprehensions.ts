import type { Library } from '../library.js'
import { MapValue } from '../ops.js'
import { twoVariableMacros } from '../parse/macros.js'
import { mapInsert } from '../parse/names.js'
import { mapOf, typeParam } from '../types.js'
import { entryOf, type Fields, keysOf, type PlainObject, type Value } from '../values.js'

const k = typeParam('K')
const v = typeParam('V')
const map = mapOf(k, v)

/**
 * Folds over two variables.
 *
 * @see cel-go ext/comprehensions.go
 */
export function twoVariableComprehensions(): Library {
  return {
    name: 'cel.lib.ext.comprev2',
    since: 32,
    macros: twoVariableMacros,
    functions: [
      {
        name: mapInsert,
        overloads: [
          {
            id: '@mapInsert_map_key_value',
            args: [map, k, v],
            result: map,
            call: (into: PlainObject | Fields, key: Value, value: Value) => {
              const copy = copyOf(into)
              copy.insert(key, value)
              return copy
            },
          },
          {
            id: '@mapInsert_map_map',
            args: [map, map],
            result: map,
            call: (into: PlainObject | Fields, entries: PlainObject | Fields) => {
              const copy = copyOf(into)
              insertAll(copy, entries)
              return copy
            },
          },
        ],
      },
    ],
  }
}

/** @throws CelError for a key that is there already */
export function insertAll(into: MapValue, entries: PlainObject | Fields): void {
  for (const key of keysOf(entries)) into.insert(key, entryOf(entries, key)!)
}

function copyOf(map: PlainObject | Fields): MapValue {
  const copy = new MapValue()
  insertAll(copy, map)
  return copy
}
