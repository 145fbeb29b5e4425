import type { Overload } from '../library.js'
import type { Type } from '../types.js'
import { entryOf, isFields, isList, itemAt, keysOf, sizeOfList, typeOfValue, type Value } from '../values.js'

/** The overload whose types values have at run time. */
export function fitting(overloads: readonly Overload[], args: readonly Value[]): Overload | undefined {
  return overloads.find(
    (overload) => overload.args.length === args.length && overload.args.every((type, i) => fits(args[i]!, type)),
  )
}

/** Of lists and maps the first entry stands for all, as in cel-go. */
export function fits(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'any':
    case 'param':
      return true
    case 'list': {
      if (!isList(value)) return false
      return sizeOfList(value) === 0 || fits(itemAt(value, 0), type.params[0]!)
    }
    case 'map': {
      if (!isFields(value)) return false
      const [key] = keysOf(value)
      return key === undefined || (fits(key, type.params[0]!) && fits(entryOf(value, key)!, type.params[1]!))
    }
    case 'type':
      return typeOfValue(value).kind === 'type'
    default:
      return typeOfValue(value).name === type.name || (type.nullable && value === null)
  }
}

export const mismatchText = (name: string, args: readonly Value[]): string =>
  `no such overload: ${name}(${args.map((arg) => typeOfValue(arg).name).join(', ')})`
