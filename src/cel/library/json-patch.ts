import type { Library } from '../library.js'
import { equal as equalValues } from '../ops.js'
import type { ObjectType } from '../type-provider.js'
import { objectType, type Type, types } from '../types.js'
import { CelError, Fields, type Value } from '../values.js'
import { walksAndKeepsSize } from './costs.js'
import { fn, overload } from './declare.js'

/** `jsonpatch.escapeKey`, for mutating policies. Source: apiserver pkg/cel/library/jsonpatch.go. */
export function jsonPatchLibrary(): Library {
  const escapeKey = (key: string): string => key.replace(/[~/]/g, (char) => (char === '/' ? '~1' : '~0'))
  const costs = walksAndKeepsSize()
  return {
    name: 'kubernetes.jsonpatch',
    functions: [
      fn(
        'jsonpatch.escapeKey',
        overload('string_jsonpatch_escapeKey_string', [types.string], types.string, escapeKey, costs),
      ),
    ],
  }
}

export const jsonPatchType = objectType('JSONPatch')

/** One operation, as `JSONPatch{op: "add", path: "/a", value: 1}` makes it. */
export class JsonPatchOperation extends Fields {
  override readonly type: Type = jsonPatchType

  constructor(
    readonly op = '',
    readonly path = '',
    readonly from = '',
    readonly value?: Value,
  ) {
    super()
  }

  get size(): number {
    return this.keys().length
  }

  get(key: Value): Value | undefined {
    if (key === 'value') return this.value
    return key === 'op' || key === 'path' || key === 'from' ? this[key] : undefined
  }

  override has(key: Value): boolean {
    const value = this.get(key)
    return value !== undefined && (key === 'value' || value !== '')
  }

  keys(): readonly Value[] {
    return names.filter((name) => this.has(name))
  }

  override equals(other: Value): boolean {
    if (!(other instanceof JsonPatchOperation)) return false
    if (this.op !== other.op || this.path !== other.path || this.from !== other.from) return false
    if (this.value === undefined || other.value === undefined) return this.value === other.value
    return equalValues(this.value, other.value)
  }
}

const names = ['op', 'path', 'from', 'value'] as const

/** Source: apiserver pkg/cel/mutation/jsonpatch.go. */
export const jsonPatchObject: ObjectType = {
  type: jsonPatchType,
  field(name) {
    if (!(names as readonly string[]).includes(name)) return undefined
    const type = name === 'value' ? types.dyn : types.string
    return { type, read: (object) => (object as JsonPatchOperation).get(name) }
  },
  construct(fields) {
    const text = (name: string): string => {
      const value = fields.get(name) ?? ''
      if (typeof value !== 'string') throw new CelError(`unexpected type for JSONPatchType '${name}' field`)
      return value
    }
    return new JsonPatchOperation(text('op'), text('path'), text('from'), fields.get('value'))
  },
}
