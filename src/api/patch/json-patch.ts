import { outOfRange } from '../decode/plain-numbers.js'
import type { Duplicates } from '../decode/report.js'
import { ApiError, badRequest, requestEntityTooLarge } from '../errors.js'
import { JsonNumber } from '../json-number.js'
import { copyJson, equalJson, isObject, setOwn } from '../object.js'
import { type Json, type JsonObject, jsonKind, jsonSize, member } from './json.js'

/** More operations than this are refused with 413. Source: apiserver pkg/endpoints/handlers/patch.go. */
const maxOperations = 10_000

/**
 * Owner (an object or a list) → key or position → the text of a string or number that is written otherwise than Go writes it:
 * `"<"`, `"\u0041"`, `-0`.
 */
export type Literals = ReadonlyMap<object, ReadonlyMap<string, string>>

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface DecodedJsonPatch {
  readonly operations: readonly (JsonObject | null)[]
  /** What strict validation finds: `json patch unknown field "[0].extra"`. Empty where validation is Ignore. */
  readonly strictErrors: readonly string[]
}

/**
 * Takes a JSON patch (RFC 6902) apart. The body is already parsed; a syntax error is the caller's to answer, as 400
 * `error decoding patch: <what the JSON reader says>`, without the first part if validation is Ignore, and so are
 * duplicate fields (`json patch duplicate field "[0].value"`).
 *
 * @throws ApiError 400 if it is not a list of operations, 413 if they are more than 10,000
 */
export function decodeJsonPatch(
  patch: Json,
  validation: FieldValidation = 'Warn',
  duplicates?: Duplicates,
): DecodedJsonPatch {
  const strict = validation !== 'Ignore'
  if (patch === null) return { operations: [], strictErrors: [] }
  if (!Array.isArray(patch)) throw mistyped(patch, strict ? '[]handlers.jsonPatchOp' : 'jsonpatch.Patch', strict)
  const unknown = new Set<string>()
  for (let i = 0; i < patch.length; i++) {
    const operation = patch[i]!
    if (operation === null) continue
    if (!isObject(operation)) {
      throw mistyped(operation, strict ? 'handlers.jsonPatchOp' : 'jsonpatch.Operation', strict)
    }
    if (!strict) continue
    for (const [key, held] of duplicates?.get(operation) ?? Object.entries(operation)) {
      if (key === 'value') {
        const literal = outOfRange(held, duplicates)
        if (literal !== undefined)
          throw badRequest(
            `error decoding patch: json: cannot unmarshal number ${literal} into Go struct field jsonPatchOp.value of type float64`,
          )
        continue
      }
      if (key !== 'op' && key !== 'path' && key !== 'from') {
        unknown.add(`json patch unknown field "[${i}].${key}"`)
        continue
      }
      if (held === null || typeof held === 'string') continue
      const kind = jsonKind(held as Json)
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${kind} into Go struct field jsonPatchOp.${key} of type string`,
      )
    }
  }
  if (patch.length > maxOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    )
  }
  return { operations: patch as (JsonObject | null)[], strictErrors: [...unknown] }
}

const mistyped = (value: Json, type: string, strict: boolean): ApiError =>
  badRequest(
    `${strict ? 'error decoding patch: ' : ''}json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`,
  )

export interface JsonPatchOptions {
  /** How many bytes of JSON all `copy` operations together may add. Default 3 MiB, as kube-apiserver. */
  readonly maxCopyBytes?: number
  /** Told every container of the result that an operation has gone into: see `printJsonPatched`. */
  readonly opened?: WeakSet<object>
  /** Of the operations: `test` compares texts. Without them values are compared. */
  readonly literals?: Literals | undefined
}

/**
 * Applies the operations to a document, leaving it as it is: the result shares with the document and with the
 * operations what no operation touched. It need not be a valid object any more, not even an object.
 *
 * As github.com/evanphx/json-patch v4 does it, where that is more or less than the RFC: an index may be negative (-1 is the
 * last item, or the end for `add`); `replace` and `copy` of a member that is missing work as `add` of it (of null); a missing
 * `value` is null; what stands before the first slash of a path is ignored. The root may be replaced and tested, not removed.
 * `test` holds the text of strings and numbers against the document's, which Go has written: `"<"` is not `"\u003c"`.
 *
 * @throws ApiError 422 if an operation cannot be applied or a test fails; what is wrong is in `cause`, not in the answer
 */
export function applyJsonPatch(
  document: Json,
  operations: readonly (JsonObject | null)[],
  options: JsonPatchOptions = {},
): Json {
  const { maxCopyBytes = 3 * 1024 * 1024, opened = new WeakSet(), literals } = options
  const run = new Run(document, maxCopyBytes, opened, literals ?? new Map())
  try {
    for (const operation of operations) run.apply(operation)
  } catch (error) {
    throw error instanceof Refusal ? unprocessable(error) : error
  }
  return run.root
}

/** Upstream's generic answer to what it cannot process: the reason is not told. */
export const unprocessable = (cause?: Error): ApiError =>
  new ApiError('Invalid', 'the server rejected our request due to an error in our request', {}, 422, { cause })

/** What one operation cannot do, in the library's words. */
class Refusal extends Error {}

type Container = JsonObject | Json[]

class Run {
  root: Json
  #copyBytes: number
  readonly #maxCopyBytes: number
  // Containers made by this run. Others belong to the document or the patch, and are copied before they change.
  readonly #own: WeakSet<object>
  readonly #literals: Literals
  /** Those of what operations have put into objects of this run. A null that came as a value is told, too. */
  readonly #ownLiterals = new Map<object, Map<string, string>>()

  constructor(document: Json, copyBytes: number, own: WeakSet<object>, literals: Literals) {
    this.#own = own
    this.#literals = literals
    this.root = Array.isArray(document) || isObject(document) ? this.#owned(document, '') : document
    this.#copyBytes = 0
    this.#maxCopyBytes = copyBytes
  }

  apply(operation: JsonObject | null): void {
    const op = operation === null ? undefined : member(operation, 'op')
    switch (op) {
      case 'add': {
        const path = text(operation!, 'path', 'add operation failed to decode path: missing value')
        const words = {
          missing: `add operation does not apply: doc is missing path: "${path}": missing value`,
          failed: `error in add for path: '${path}': `,
        }
        this.#add(path, this.#value(operation!) ?? null, words, this.#given(operation!))
        break
      }
      case 'remove': {
        const path = text(operation!, 'path', 'remove operation failed to decode path: missing value')
        this.#remove(path, {
          missing: `remove operation does not apply: doc is missing path: "${path}": missing value`,
          failed: `error in remove for path: '${path}': `,
        })
        break
      }
      case 'replace':
        this.#replace(operation!)
        break
      case 'test':
        this.#test(operation!)
        break
      case 'move':
        this.#move(operation!)
        break
      case 'copy':
        this.#copy(operation!)
        break
      default:
        throw new Refusal(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
    }
  }

  #value(operation: JsonObject): Json | undefined {
    return member(operation, 'value')
  }

  #move(operation: JsonObject): void {
    const from = text(operation, 'from', noFrom('move'))
    const source = {
      missing: `move operation does not apply: doc is missing from path: ${from}: missing value`,
      failed: `error in move for path: '${keyOf(from)}': `,
    }
    const [value = null, literal] = this.#read(from, source)
    this.#remove(from, source)
    const path = text(operation, 'path', noPath('move'))
    this.#add(
      path,
      value,
      {
        missing: `move operation does not apply: doc is missing destination path: ${path}: missing value`,
        failed: `error in move for path: '${path}': `,
      },
      literal,
    )
  }

  #copy(operation: JsonObject): void {
    const from = text(operation, 'from', noFrom('copy'))
    const [value = null] = this.#read(from, {
      missing: `copy operation does not apply: doc is missing from path: ${from}: missing value`,
      failed: `error in copy for from: '${from}': `,
    })
    const path = text(operation, 'path', 'copy operation failed to decode path: missing value')
    const words = {
      missing: `copy operation does not apply: doc is missing destination path: ${path}: missing value`,
      failed: 'error while adding value during copy: ',
    }
    this.#writable(path, words.missing)
    this.#copyBytes += jsonSize(value)
    if (this.#copyBytes > this.#maxCopyBytes)
      throw new Refusal(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copyBytes}, exceeding the limit ${this.#maxCopyBytes}`,
      )
    // Going to where the copy goes may have opened what is copied.
    this.#add(path, this.#printedCopy(this.#read(from, words)[0] ?? null), words)
  }

  /** A copy is what printing gives: its containers are as good as never opened, with the keys of those that were in order. */
  #printedCopy(value: Json): Json {
    if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value
    if (!this.#own.has(value)) return copyJson(value)
    if (Array.isArray(value)) return value.map((item) => this.#printedCopy(item))
    const copy: JsonObject = {}
    for (const key of Object.keys(value).sort()) setOwn(copy, key, this.#printedCopy(value[key]!))
    return copy
  }

  #add(path: string, value: Json, words: Words, literal?: string): void {
    const [container, key] = this.#writable(path, words.missing)
    if (!Array.isArray(container)) this.#set(container, key, value, literal)
    else if (key === '-') container.push(value)
    else {
      if (!isIndex(key))
        throw new Refusal(`${words.failed}value was not a proper array index: '${key}': ${noIndex(key)}`)
      container.splice(position(key, container.length + 1, words.failed), 0, value)
    }
  }

  #remove(path: string, words: Words): void {
    const [container, key] = this.#writable(path, words.missing)
    if (Array.isArray(container)) container.splice(position(key, container.length, words.failed), 1)
    else if (Object.hasOwn(container, key)) delete container[key]
    else throw new Refusal(`${words.failed}Unable to remove nonexistent key: ${key}: missing value`)
  }

  #replace(operation: JsonObject): void {
    const path = text(operation, 'path', noPath('replace'))
    const value = this.#value(operation) ?? null
    if (path === '') {
      if (!Array.isArray(value) && !isObject(value))
        throw new Refusal('replace operation value must be object or array: %!w(<nil>)')
      this.root = value
      return
    }
    const [container, key] = this.#writable(
      path,
      `replace operation does not apply: doc is missing path: ${path}: missing value`,
    )
    if (!Array.isArray(container)) {
      this.#set(container, key, value, this.#given(operation))
      return
    }
    if (!hasItem(key, container.length))
      throw new Refusal(`replace operation does not apply: doc is missing key: ${path}: missing value`)
    container[position(key, container.length, '')] = value
  }

  #set(container: JsonObject, key: string, value: Json, literal: string | undefined): void {
    setOwn(container, key, value)
    const literals = this.#ownLiterals.get(container)
    if (literal === undefined) literals?.delete(key)
    else if (literals === undefined) this.#ownLiterals.set(container, new Map([[key, literal]]))
    else literals.set(key, literal)
  }

  /** A member that is missing and one that is null pass for each other; no value at all is only equal to them. */
  #test(operation: JsonObject): void {
    const path = text(operation, 'path', noPath('test'))
    const value = this.#value(operation)
    const words = {
      missing: `test operation does not apply: is missing path: ${path}: missing value`,
      failed: `error in test for path: '${path}': `,
    }
    const [found = null, literal] = path === '' ? [this.root] : this.#read(path, words)
    const passes =
      found === null && literal === undefined
        ? (value ?? null) === null
        : this.#same(found, literal, value, this.#given(operation))
    if (!passes) throw new Refusal(`testing value ${path} failed: test failed`)
  }

  #same(a: Json | undefined, literalA: string | undefined, b: Json | undefined, literalB: string | undefined): boolean {
    const none = this.#literals.size === 0 && this.#ownLiterals.size === 0
    if (none || typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
      return literalA === literalB && equalJson(a, b)
    if (Array.isArray(a) !== Array.isArray(b) || a instanceof JsonNumber || b instanceof JsonNumber)
      return equalJson(a, b)
    const keys = Object.keys(a)
    const had = a as JsonObject
    const has = b as JsonObject
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) =>
        this.#same(member(had, key), this.#literal(had, key), member(has, key), this.#literal(has, key)),
      )
    )
  }

  /** The literal of an operation's value. A null there is more than the nulls of the document, which are nothing. */
  #given(operation: JsonObject): string | undefined {
    return this.#value(operation) === null ? 'null' : this.#literal(operation, 'value')
  }

  /** Of a member of an object or, by its position, of a list. */
  #literal(owner: object, key: string): string | undefined {
    return (this.#ownLiterals.get(owner) ?? this.#literals.get(owner))?.get(key)
  }

  /** The value at a path and its literal; undefined where the object that should have it does not. */
  #read(path: string, words: Words): readonly [value: Json | undefined, literal: string | undefined] {
    const [at, key] = this.#writable(path, words.missing)
    if (!Array.isArray(at)) return [member(at, key), this.#literal(at, key)]
    const i = position(key, at.length, words.failed)
    return [at[i]!, this.#literal(at, String(i))]
  }

  /** The container a path ends in, made this run's own like all above it, and the key in it. */
  #writable(path: string, missing: string): [Container, string] {
    const parts = split(path, missing)
    const last = parts.length - 1
    let at = this.#owned(this.root, missing)
    this.root = at
    for (let i = 0; i < last; i++) {
      const key = parts[i]!
      const next = this.#owned(step(at, key, missing), missing)
      if (Array.isArray(at)) at[position(key, at.length, missing)] = next
      else setOwn(at, key, next)
      at = next
    }
    return [at, parts[last]!]
  }

  #owned(value: Json, missing: string): Container {
    if (!Array.isArray(value) && !isObject(value)) throw new Refusal(missing)
    if (this.#own.has(value)) return value
    const own = Array.isArray(value) ? value.slice() : { ...value }
    const literals = this.#literals.get(value)
    // Items do not stay in their places.
    if (literals !== undefined && !Array.isArray(own)) this.#ownLiterals.set(own, new Map(literals))
    this.#own.add(own)
    return own
  }
}

/** How it is told that the container a path ends in is missing, and what stands before what went wrong within it. */
interface Words {
  readonly missing: string
  readonly failed: string
}

const noPath = (op: string): string =>
  `${op} operation failed to decode path: operation missing path field: missing value`
const noFrom = (op: string): string =>
  `${op} operation failed to decode from: operation, missing from field: missing value`
const noIndex = (key: string): string => `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`

function step(at: Json, key: string, missing: string): Json {
  if (Array.isArray(at)) {
    if (!hasItem(key, at.length)) throw new Refusal(missing)
    return at[position(key, at.length, '')]!
  }
  if (isObject(at)) return member(at, key) ?? null
  throw new Refusal(missing)
}

function text(operation: JsonObject, key: 'path' | 'from', missing: string): string {
  const value = member(operation, key)
  if (typeof value !== 'string') throw new Refusal(missing)
  return value
}

/** Never empty: at least the last key. */
function split(path: string, missing: string): string[] {
  const parts = path.split('/')
  if (parts.length < 2) throw new Refusal(missing)
  parts.shift()
  return path.includes('~') ? parts.map((part) => part.replace(/~[01]/g, (c) => (c === '~1' ? '/' : '~'))) : parts
}

const keyOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** As Go's Atoi reads it: signs and leading zeros are fine. */
const isIndex = (key: string): boolean => /^[+-]?\d+$/.test(key)

function hasItem(key: string, length: number): boolean {
  const index = isIndex(key) ? Number(key) : length
  return index < length && index >= -length
}

/** An index, counted from the end if negative. */
function position(key: string, length: number, failed: string): number {
  if (!isIndex(key)) throw new Refusal(failed + noIndex(key))
  const index = Number(key)
  if (index >= length || index < -length)
    throw new Refusal(`${failed}Unable to access invalid index: ${index}: invalid index referenced`)
  return index < 0 ? index + length : index + 0
}
