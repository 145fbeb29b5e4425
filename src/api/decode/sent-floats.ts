import { JsonNumber } from '../json-number.js'

/** Owner → those of its fields within which a client wrote an integer as a float. */
const floats = new WeakMap<object, readonly string[]>()

/** Remembers fields of a custom resource that were sent with integers written as floats (`1.0`) in them. */
export function noteFloats(owner: object, fields: readonly string[]): void {
  if (fields.length > 0) floats.set(owner, fields)
  else floats.delete(owner)
}

/**
 * The fields of a custom resource in which it cannot be what is stored, whatever their values: Go reads `1.0` as a float and
 * tells it from the integer that it is as soon as it has been written and read again.
 */
export const sentAsFloats = (owner: object): readonly string[] => floats.get(owner) ?? []

/** Whether a value, its numbers as they were written, has an integer of 64 bits that was written as a float. */
export function holdsWholeFloat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof JsonNumber)
    return Number.isInteger(value.value) && value.value >= -(2 ** 63) && value.value < 2 ** 63
  return Object.values(value).some(holdsWholeFloat)
}
