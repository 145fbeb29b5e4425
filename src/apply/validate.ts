import { GoNative, goPlain, goSyntax, goType, maxDepth } from './go-values.js'
import { ItemError, itemElement } from './list-items.js'
import { fieldSchema, type ListSchema, type MapSchema, type MergeSchema, type ScalarType } from './merge-schema.js'
import { type PathElement, printElement } from './path-element.js'
import { formOf, isMap } from './values.js'

interface Problem {
  readonly path: string
  readonly message: string
}

/**
 * Checks a value against its schema. Undefined if it fits, else what is wrong in upstream's words, one line per problem.
 * A map stops at its first field that is not declared, a list at its first item that cannot be told from others.
 * @param allowDuplicates items with equal keys are tolerated: stored objects may have them, applied ones may not
 * @see structured-merge-diff typed/validate.go
 */
export function validate(schema: MergeSchema, value: unknown, allowDuplicates: boolean): string | undefined {
  const problems: Problem[] = []
  new Validator(allowDuplicates, problems).value(schema, value, '', 0)
  if (problems.length === 0) return undefined
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? lines[0]! : `errors:\n  ${lines.join('\n  ')}`
}

// Paths are strings built on the way down only where something is wrong below: a second walk would cost more than it saves,
// so each level hands down a function.
type PathOf = string | (() => string)

class Validator {
  constructor(
    readonly allowDuplicates: boolean,
    readonly problems: Problem[],
  ) {}

  value(schema: MergeSchema, value: unknown, path: PathOf, depth: number): void {
    if (depth > maxDepth) {
      this.#report(path, 'value is nested too deeply')
      return
    }
    switch (formOf(schema, value)) {
      case 'map':
        this.#map(schema.map!, value, path, depth)
        break
      case 'scalar':
        this.#scalar(schema.scalar!, value, path)
        break
      default:
        if (schema.list !== undefined) this.#list(schema.list, value, path, depth)
        else this.#report(path, 'schema error: invalid atom: inlined')
    }
  }

  #scalar(type: ScalarType, value: unknown, path: PathOf): void {
    if (value === null || value === undefined) return
    const kind = typeof value
    switch (type) {
      case 'string':
        if (kind !== 'string')
          this.#report(path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)
        return
      case 'numeric':
        if (kind !== 'number' && kind !== 'bigint')
          this.#report(path, `expected numeric (int or float), got ${goType(value)}`)
        return
      case 'boolean':
        if (kind !== 'boolean') this.#report(path, `expected boolean, got ${pointer(value)}`)
        return
      default:
        if (kind === 'object') this.#report(path, `expected any scalar, got ${pointer(value)}`)
    }
  }

  #map(schema: MapSchema, value: unknown, path: PathOf, depth: number): void {
    if (value === null || value === undefined) return
    if (!isMap(value) || value instanceof GoNative) {
      this.#report(path, `expected map, got ${pointer(value)}`)
      return
    }
    for (const key of Object.keys(value)) {
      const child = value[key]
      if (child === undefined) continue
      const field = fieldSchema(schema, key)
      if (field === undefined) {
        this.#report(`${text(path)}.${key}`, 'field not declared in schema')
        return
      }
      // Scalars that fit are most of an object: no path is made for them.
      if (fits(field.scalar, typeof child)) continue
      this.value(field, child, () => `${text(path)}.${key}`, depth + 1)
    }
  }

  #list(schema: ListSchema, value: unknown, path: PathOf, depth: number): void {
    if (value === null || value === undefined) return
    if (!Array.isArray(value)) {
      this.#report(path, `expected list, got ${pointer(value)}`)
      return
    }
    const seen = new Set<PathElement>()
    for (let i = 0; i < value.length; i++) {
      let element: PathElement = `i:${i}`
      if (!schema.atomic) {
        try {
          element = itemElement(schema, value[i])
        } catch (error) {
          if (!(error instanceof ItemError)) throw error
          this.#report(path, `element ${i}: ${error.message}`)
          return
        }
        if (!this.allowDuplicates && seen.has(element))
          this.#report(path, `duplicate entries for key ${printElement(element, false)}`)
        seen.add(element)
      }
      this.value(schema.item, value[i], () => text(path) + printElement(element, false), depth + 1)
    }
  }

  #report(path: PathOf, message: string): void {
    this.problems.push({ path: text(path), message })
  }
}

const fits = (type: ScalarType | undefined, kind: string): boolean =>
  type === 'untyped' ? kind !== 'object' : kind === jsTypes[type ?? 'untyped']

const jsTypes = { string: 'string', numeric: 'number', boolean: 'boolean', untyped: '' }

const text = (path: PathOf): string => (typeof path === 'string' ? path : path())
const pointer = (value: unknown): string => `&{${goPlain(value)}}`
