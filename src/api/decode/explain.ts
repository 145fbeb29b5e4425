import { JsonNumber } from '../json-number.js'
import { isObject } from '../object.js'
import type { Shape } from '../shapes.js'
import { elementType, type GoType, goFields, goTypeName } from './go-type.js'
import { outOfRange } from './plain-numbers.js'
import { DecodeError, type DecodeOptions } from './report.js'
import { schemaShape, specialError, unionBranch } from './special.js'

/**
 * Walks a value in the order of the document, as Go's decoder does, to say what is wrong with it: the fast decoder only
 * knows that something is. Source of order and wording: sigs.k8s.io/json, decode.go (saveError, addErrorContext).
 *
 * @returns the error Go would give: the first fatal one (of a hand-written decoder), else the first mismatch; undefined if
 *   the value decodes. Only then is the report complete.
 */
export function explain(raw: unknown, type: GoType, options: DecodeOptions): DecodeError | undefined {
  const walk = new Walk(options)
  try {
    walk.value(raw, type)
  } catch (error) {
    if (error instanceof Fatal) return new DecodeError(error.message)
    throw error
  }
  return walk.saved === undefined ? undefined : new DecodeError(walk.saved)
}

class Fatal extends Error {}

class Walk {
  saved: string | undefined
  readonly #options: DecodeOptions
  /** The struct type whose field is being decoded, and Go's path to it. */
  #struct = ''
  #stack: readonly string[] = []
  /** The path of strict errors: no embedded structs, but indexes. */
  #path = ''
  #quiet = false

  constructor(options: DecodeOptions) {
    this.#options = options
  }

  value(raw: unknown, type: GoType): void {
    if (raw === null || raw === undefined) return
    const { shape } = type
    switch (shape.kind) {
      case 'string':
        if (typeof raw !== 'string') this.#mismatch(jsonKind(raw), type)
        return
      case 'bool':
        if (typeof raw !== 'boolean') this.#mismatch(jsonKind(raw), type)
        return
      case 'int32':
      case 'int64':
        if (!fitsInteger(raw, shape.kind)) this.#mismatch(numberKind(raw), type)
        return
      case 'float64':
        if (!fitsFloat(raw)) this.#mismatch(numberKind(raw), type)
        return
      case 'bytes':
        this.#bytes(raw, type)
        return
      case 'list':
        this.#list(raw, type, shape.item)
        return
      case 'map':
        this.#map(raw, type, shape.value)
        return
      case 'struct':
        this.#fields(raw, type)
        return
      case 'special':
        this.#special(raw, shape.ref)
        return
    }
  }

  #fields(raw: unknown, type: GoType): void {
    const shape = type.shape
    if (shape.kind !== 'struct') return
    if (!isObject(raw)) {
      this.#mismatch(jsonKind(raw), type)
      return
    }
    const fields = goFields(shape)
    const [struct, stack, path] = [this.#struct, this.#stack, this.#path]
    const seen = new Set<string>()
    for (const [key, value] of this.#entries(raw)) {
      const field = fields.get(key)
      const here = join(path, key)
      if (field === undefined) {
        if (value !== undefined && !this.#quiet) this.#options.report?.unknown(here)
        continue
      }
      this.#noteDuplicate(seen, key, here)
      this.#struct = shape.goName
      this.#stack = [...stack, ...field.path]
      this.#path = here
      this.value(value, field.type)
      this.#struct = struct
      this.#stack = stack
      this.#path = path
    }
  }

  #map(raw: unknown, type: GoType, value: Shape): void {
    if (!isObject(raw)) {
      this.#mismatch(jsonKind(raw), type)
      return
    }
    const element = elementType(type, value)
    const path = this.#path
    const seen = new Set<string>()
    for (const [key, item] of this.#entries(raw)) {
      this.#path = join(path, key)
      this.#noteDuplicate(seen, key, this.#path)
      this.value(item, element)
    }
    this.#path = path
  }

  #list(raw: unknown, type: GoType, item: Shape): void {
    if (!Array.isArray(raw)) {
      this.#mismatch(jsonKind(raw), type)
      return
    }
    const element = elementType(type, item)
    const path = this.#path
    raw.forEach((value, i) => {
      this.#path = `${path}[${i}]`
      this.value(value, element)
    })
    this.#path = path
  }

  #bytes(raw: unknown, type: GoType): void {
    if (Array.isArray(raw)) {
      for (const item of raw) {
        const fits = item === null || (typeof item === 'number' && item === (item & 0xff))
        if (!fits) this.#mismatch(numberKind(item), { shape: type.shape, ref: 'uint8' })
      }
      return
    }
    if (typeof raw !== 'string') {
      this.#mismatch(jsonKind(raw), type)
      return
    }
    const error = specialError('bytes', raw)
    if (error !== undefined) this.saved ??= error
  }

  #special(raw: unknown, ref: string): void {
    const branch = unionBranch(ref, raw)
    if (branch !== undefined) {
      this.#nested(raw, branch)
      return
    }
    switch (ref) {
      case 'meta.v1.Time':
      case 'meta.v1.MicroTime':
      case 'meta.v1.Duration':
        if (typeof raw !== 'string') this.#fatalMismatch(jsonKind(raw), 'string')
        break
      case 'intstr.IntOrString':
        if (typeof raw !== 'string' && !fitsInteger(raw, 'int32')) this.#fatalMismatch(numberKind(raw), 'int32')
        return
      case 'resource.Quantity':
        break
      case 'interface':
        if (isObject(raw) || Array.isArray(raw)) this.#untyped(raw)
        return
      default:
        if (!ref.includes('.JSONSchemaPropsOr')) this.#finite(raw)
    }
    const error = specialError(ref, raw)
    if (error !== undefined) throw new Fatal(error)
  }

  /** A hand-written decoder that decodes another type: not strict, and its first error ends everything. */
  #nested(raw: unknown, branch: 'schema' | 'schemas' | 'strings'): void {
    const [saved, quiet] = [this.saved, this.#quiet]
    this.saved = undefined
    this.#quiet = true
    const schema = schemaShape()
    if (branch === 'schema') this.value(raw, { shape: schema, ref: schema.ref })
    else if (branch === 'schemas') this.value(raw, { shape: { kind: 'list', item: schema }, ref: `[]${schema.ref}` })
    else this.value(raw, { shape: { kind: 'list', item: { kind: 'string' } }, ref: '[]string' })
    const own = this.saved
    this.saved = saved
    this.#quiet = quiet
    if (own !== undefined) throw new Fatal(own)
  }

  /** JSON without a type: only its duplicate keys are wrong. */
  #untyped(raw: unknown): void {
    const path = this.#path
    if (Array.isArray(raw)) {
      raw.forEach((item, i) => {
        this.#path = `${path}[${i}]`
        this.#untyped(item)
      })
    } else if (isObject(raw)) {
      const seen = new Set<string>()
      for (const [key, value] of this.#entries(raw)) {
        this.#path = join(path, key)
        this.#noteDuplicate(seen, key, this.#path)
        this.#untyped(value)
      }
    }
    this.#path = path
  }

  /** Upstream stores what it cannot send again. */
  #finite(raw: unknown): void {
    const literal = outOfRange(raw)
    if (literal !== undefined) throw new Fatal(`json: cannot unmarshal number ${literal} into Go value of type float64`)
  }

  #entries(raw: object): readonly (readonly [string, unknown])[] {
    return this.#options.duplicates?.get(raw) ?? Object.entries(raw)
  }

  #noteDuplicate(seen: Set<string>, key: string, path: string): void {
    if (seen.has(key) && !this.#quiet) this.#options.report?.duplicate(path)
    seen.add(key)
  }

  #mismatch(got: string, type: GoType): void {
    this.saved ??= this.#text(got, goTypeName(type.ref))
  }

  #fatalMismatch(got: string, type: string): never {
    throw new Fatal(this.#text(got, type))
  }

  #text(got: string, type: string): string {
    return this.#stack.length === 0
      ? `json: cannot unmarshal ${got} into Go value of type ${type}`
      : `json: cannot unmarshal ${got} into Go struct field ${this.#struct}.${this.#stack.join('.')} of type ${type}`
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

function jsonKind(raw: unknown): string {
  if (typeof raw === 'boolean') return 'bool'
  if (typeof raw === 'bigint' || raw instanceof JsonNumber) return 'number'
  if (Array.isArray(raw)) return 'array'
  return typeof raw
}

/** Where a number was wanted, Go tells which one it was. */
function numberKind(raw: unknown): string {
  const literal = raw instanceof JsonNumber ? raw.literal : typeof raw === 'string' ? '' : String(raw)
  return jsonKind(raw) === 'number' ? `number ${literal}` : jsonKind(raw)
}

export function fitsInteger(raw: unknown, kind: 'int32' | 'int64'): boolean {
  if (typeof raw === 'number') return kind === 'int32' ? raw === (raw | 0) : Number.isSafeInteger(raw)
  return typeof raw === 'bigint' && kind === 'int64' && BigInt.asIntN(64, raw) === raw
}

const fitsFloat = (raw: unknown): boolean =>
  raw instanceof JsonNumber ? Number.isFinite(raw.value) : typeof raw === 'number' || typeof raw === 'bigint'
