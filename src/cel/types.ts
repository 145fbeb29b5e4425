/** What a type is, apart from its name and parameters. */
export type Kind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'param'
  | 'uint'

/**
 * A type as the checker knows it; at run time also the value that `type(x)` gives. Compare with {@link sameType},
 * never by identity.
 */
export class Type {
  /** Types that it is made of, itself among them. */
  readonly size: number

  constructor(
    readonly kind: Kind,
    /** As `type(x)` prints it: `int`, `google.protobuf.Timestamp`, `kubernetes.Quantity`. */
    readonly name: string,
    readonly params: readonly Type[] = [],
    /** A primitive that may also be null, which protobuf calls a wrapper. */
    readonly nullable = false,
  ) {
    this.size = params.reduce((sum, param) => sum + param.size, 1)
  }

  /** As error messages print it: `list(int)`, `map(string, dyn)`, `timestamp`. */
  toString(): string {
    return formatType(this)
  }
}

const simple = (kind: Kind, name: string = kind) => new Type(kind, name)

export const types = {
  any: simple('any', 'google.protobuf.Any'),
  bool: simple('bool'),
  bytes: simple('bytes'),
  double: simple('double'),
  duration: simple('duration', 'google.protobuf.Duration'),
  dyn: simple('dyn'),
  error: simple('error', '*error*'),
  int: simple('int'),
  null: simple('null', 'null_type'),
  string: simple('string'),
  timestamp: simple('timestamp', 'google.protobuf.Timestamp'),
  type: simple('type'),
  uint: simple('uint'),
} as const

export const listOf = (item: Type): Type => new Type('list', 'list', [item])
export const mapOf = (key: Type, value: Type): Type => new Type('map', 'map', [key, value])
export const optionalOf = (type: Type): Type => new Type('opaque', 'optional_type', [type])
/** The type of a type: `type(int)`. */
export const typeOf = (type: Type): Type => new Type('type', 'type', [type])
/** A type with fields, which the environment's type provider knows by its name. */
export const objectType = (name: string): Type => new Type('struct', name)
/** A type without fields: only functions can do something with its values. */
export const opaqueType = (name: string, ...params: readonly Type[]): Type => new Type('opaque', name, params)
/** Stands for any type within one overload: `size(list(A))`. */
export const typeParam = (name: string): Type => new Type('param', name)
/** @param type a primitive */
export const nullableOf = (type: Type): Type => new Type(type.kind, type.name, type.params, true)

export const isDyn = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'any'
export const isOptional = (type: Type): boolean => type.kind === 'opaque' && type.name === 'optional_type'

export function sameType(a: Type, b: Type): boolean {
  return (
    a === b ||
    (a.kind === b.kind &&
      a.name === b.name &&
      a.params.length === b.params.length &&
      a.params.every((param, i) => sameType(param, b.params[i]!)))
  )
}

const spoken: Partial<Record<Kind, string>> = {
  any: 'any',
  duration: 'duration',
  error: '!error!',
  null: 'null',
  timestamp: 'timestamp',
}

function formatType(type: Type): string {
  const word = spoken[type.kind]
  if (word !== undefined) return word
  if (type.kind === 'opaque' && type.name === 'function') return formatSignature(type.params[0]!, type.params.slice(1))
  if (type.params.length === 0) return type.nullable ? `wrapper(${type.name})` : type.name
  return `${type.name}(${type.params.map(formatType).join(', ')})`
}

/** `(int, string) -> bool`, and `int.(string) -> bool` for a method. */
export function formatSignature(result: Type | undefined, args: readonly Type[], member = false): string {
  const plain = member ? args.slice(1) : args
  const receiver = member ? `${args[0]}.` : ''
  return `${receiver}(${plain.join(', ')})${result === undefined ? '' : ` -> ${result}`}`
}
