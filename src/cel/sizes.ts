import { isFields, isList, Opaque, Optional, sizeOfFields, sizeOfList, type Value } from './values.js'
import { spend } from './work.js'

/** Code points of a string, as CEL counts them. */
export function codePoints(text: string): number {
  let count = text.length
  if (count > 64) spend(count >> 3)
  // A surrogate pair is one code point.
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count--
      i++
    }
  }
  return count
}

/** What `size()` gives for strings, bytes, lists and maps; 1 for everything else. The cost model counts with it. */
export function sizeOfValue(value: Value): number {
  if (typeof value === 'string') return codePoints(value)
  if (typeof value !== 'object' || value === null) return 1
  if (isList(value)) return sizeOfList(value)
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOfValue(value.value)
  if (value instanceof Opaque) return value.costSize ?? 1
  return isFields(value) ? sizeOfFields(value) : 1
}
