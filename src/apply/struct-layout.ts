import type { FieldsV1 } from './fields-v1.js'
import type { Fields, MergeSchema } from './merge-schema.js'
import { compareElements, type PathElement } from './path-element.js'

/** Layouts that are remembered for one struct: clients that send every subset of its fields must not fill the memory. */
const mostLayouts = 500

/** What owns nothing below it. Shared, hence frozen. */
export const nothingBelow: FieldsV1 = Object.freeze({})

/**
 * The fields a struct was found with, in the order in which they came. Structs of a type come with the same few sets of
 * fields: what follows from these alone, the FieldsV1 of a struct without structs in it above all, is worked out once.
 */
export class StructLayout {
  /** The last field's. */
  readonly schema: MergeSchema | undefined
  /** The struct and all these fields, nothing below them. Shared, hence frozen. */
  readonly leaves: FieldsV1
  readonly #fields: Fields
  readonly #bound: { left: number }
  readonly #elements: readonly PathElement[]
  /** Which elements come first when they are sorted. */
  readonly #order: readonly number[]
  readonly #next = new Map<string, StructLayout>()

  constructor(
    fields: Fields,
    bound: { left: number } = { left: mostLayouts },
    elements: readonly PathElement[] = [],
    schema?: MergeSchema,
  ) {
    this.schema = schema
    this.#fields = fields
    this.#bound = bound
    this.#elements = elements
    this.#order = elements.map((_, i) => i).sort((a, b) => compareElements(elements[a]!, elements[b]!))
    this.leaves = Object.freeze(this.with([]))
  }

  /** The layout with one field more; undefined: that field is not declared, or there are too many layouts. */
  and(name: string): StructLayout | undefined {
    const known = this.#next.get(name)
    if (known !== undefined) return known
    const field = this.#fields.get(name)
    if (field === undefined || this.#bound.left === 0) return undefined
    this.#bound.left--
    const next = new StructLayout(this.#fields, this.#bound, [...this.#elements, field.element], field.schema)
    this.#next.set(name, next)
    return next
  }

  /** @param below what is owned below each field, in the order in which they came; nothing where it is left out */
  with(below: readonly (FieldsV1 | undefined)[]): FieldsV1 {
    const out: FieldsV1 = {}
    if (this.#order.length > 0) out['.'] = nothingBelow
    for (const i of this.#order) out[this.#elements[i]!] = below[i] ?? nothingBelow
    return out
  }
}

const layouts = new WeakMap<Fields, StructLayout>()

/** The layout without fields. */
export function layoutOf(fields: Fields): StructLayout {
  let layout = layouts.get(fields)
  if (layout === undefined) {
    layout = new StructLayout(fields)
    layouts.set(fields, layout)
  }
  return layout
}
