import { type FieldSet, recursiveDifference, setOf } from './field-set.js'
import { fieldElement } from './path-element.js'

/** What of a set counts: fields that a strategy puts back to their old value are owned by nobody who sends them. */
export interface FieldFilter {
  (set: FieldSet): FieldSet
  /** All it does is to drop these fields of the root; undefined: it does more. */
  readonly roots?: readonly string[]
}

/** Drops these fields and everything below them. Paths are names: `['metadata', 'labels']`. */
export function excludeFields(...paths: readonly (readonly string[])[]): FieldFilter {
  const excluded = setOf(...paths.map((path) => path.map(fieldElement)))
  const filter = (set: FieldSet): FieldSet => recursiveDifference(set, excluded)
  return paths.every(({ length }) => length === 1)
    ? Object.assign(filter, { roots: paths.map(([name]) => name!) })
    : filter
}
