import { numeric, printed } from '../ops.js'
import {
  CelError,
  entryOf,
  isFields,
  isList,
  itemAt,
  type List,
  Optional,
  type PlainObject,
  sizeOfList,
  typeOfValue,
  type Value,
} from '../values.js'

/** Of a key that can be none, too: it has no text of its own. */
export function noSuchKey(key: Value): CelError {
  const isScalar = typeof key !== 'object' || key === null || numeric(key) !== undefined
  return new CelError(isScalar ? `no such key: ${printed(key)}` : `invalid qualifier type: ${typeOfValue(key).name}`)
}

/** `value[key]` and `value.key`, where the type is only known now. @throws CelError */
export function access(value: Value, key: Value): Value {
  // The commonest first: a field of plain JSON.
  if (typeof key === 'string' && isPlain(value)) {
    const found = Object.hasOwn(value, key) ? value[key] : undefined
    if (found === undefined) throw noSuchKey(key)
    return found
  }
  if (value instanceof Optional) {
    if (value.value === undefined) return value
    const found = accessIfPresent(value.value, key)
    return found === undefined ? Optional.none : new Optional(found)
  }
  if (isList(value)) {
    const found = itemIfPresent(value, key)
    if (found === undefined) throw new CelError(`index out of bounds: ${printed(key)}`)
    return found
  }
  const found = isFields(value) ? entryOf(value, key) : undefined
  if (found === undefined) throw noSuchKey(key)
  return found
}

/** Undefined: it is not there. @throws CelError for an index that is none */
export function accessIfPresent(value: Value, key: Value): Value | undefined {
  if (isList(value)) return itemIfPresent(value, key)
  if (value instanceof Optional) return value.value === undefined ? undefined : accessIfPresent(value.value, key)
  return isFields(value) ? entryOf(value, key) : undefined
}

function itemIfPresent(list: readonly Value[] | List, key: Value): Value | undefined {
  const index = numeric(key)
  if (index === undefined) throw new CelError(`unsupported index type '${typeOfValue(key).name}' in list`)
  if (typeof index === 'number' && !Number.isInteger(index))
    throw new CelError(`unsupported index value ${printed(key)} in list`)
  return index >= 0 && index < sizeOfList(list) ? itemAt(list, Number(index)) : undefined
}

const isPlain = (value: Value): value is PlainObject =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
