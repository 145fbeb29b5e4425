import type { Type } from './types.js'
import type { Value } from './values.js'

/** Knows the object types that an environment has besides the language's own types. */
export interface TypeProvider {
  /** The object type of that name, if there is one. */
  find(name: string): ObjectType | undefined
}

export interface ObjectType {
  readonly type: Type
  /** By the name that expressions use. */
  field(name: string): FieldDecl | undefined
  /** For `Name{field: value}`; undefined: objects cannot be written in expressions. */
  construct?(fields: ReadonlyMap<string, Value>): Value
}

export interface FieldDecl {
  readonly type: Type
  /**
   * Reads the field of an object of this type.
   * @returns undefined if it is not set
   */
  read(object: Value): Value | undefined
  /** What has() says. Default: whether it can be read. */
  has?(object: Value): boolean
  /** What a field reads as that is not set; undefined: reading it is the error `no such key: name`. */
  readonly default?: Value
}
