import type { Overload } from '../library.js'
import type { Type } from '../types.js'
import { entryOf, isFields, isInt, isList, itemAt, keysOf, sizeOfList, typeOfValue, type Value } from '../values.js'

/** The overload whose types values have at run time. */
export function fitting(overloads: readonly Overload[], args: readonly Value[]): Overload | undefined {
  for (const overload of overloads) {
    const { args: types, anyItems = false } = overload
    if (types.length !== args.length) continue
    let i = 0
    while (
      i < args.length &&
      (fits(args[i]!, types[i]!) || (anyItems && types[i]!.kind === 'list' && isList(args[i]!)))
    )
      i++
    if (i === args.length) return overload
  }
  return undefined
}

/** Of lists and maps the first entry stands for all, as in cel-go. */
export function fits(value: Value, type: Type): boolean {
  switch (type.kind) {
    case 'string':
      return typeof value === 'string'
    case 'int':
      return isInt(value)
    case 'bool':
      return typeof value === 'boolean'
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
