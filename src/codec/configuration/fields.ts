import { DecodeError } from '../../api/index.js'
import { parseJson } from '../json/parse.js'
import { JsonError } from '../json/reader.js'
import { repeatedKey } from '../json/repeated-key.js'
import { goKind, interpret, type TypeMeta } from '../type-meta.js'
import { parseYaml } from '../yaml/parse.js'

/**
 * Reads a configuration kind strictly: every field has to be asked for, and be of the type that is asked for. Where the
 * Go type of an object is known, a value of a wrong type is told as Go's decoder does.
 */
export class Fields {
  readonly #path: string
  readonly #members: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()
  /** Its Go type, as `v1.Issuer`; empty: not known. */
  readonly #type: string

  constructor(value: unknown, path: string, type = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(path, 'an object')
    this.#members = value as Record<string, unknown>
    this.#path = path
    this.#type = type
  }

  raw(name: string): unknown {
    this.#known.add(name)
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined
  }

  /** Empty where it is absent. @param type what Go calls it */
  text(name: string, type = 'string'): string {
    const value = this.raw(name) ?? ''
    if (typeof value !== 'string') throw this.#wrong(name, value, type, 'a string')
    return value
  }

  flag(name: string, standard = false): boolean {
    const value = this.raw(name) ?? standard
    if (typeof value !== 'boolean') throw this.#wrong(name, value, 'bool', 'a boolean')
    return value
  }

  /** 0 where it is absent. */
  integer(name: string): number {
    const value = this.raw(name) ?? 0
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(this.at(name), 'an integer')
    return value
  }

  /** @param type what Go calls one of them */
  texts(name: string, type = 'string'): readonly string[] {
    return this.#array(name, type).map((given, i) => {
      const value = given ?? ''
      if (typeof value !== 'string') throw this.#wrong(name, value, type, 'a string', `[${i}]`)
      return value
    })
  }

  /** @param kind the Go type of its elements, without the package */
  list(name: string, kind = ''): Fields[] {
    const type = this.#typed(kind)
    return this.#array(name, type).map((given, i) => {
      const value = given ?? {}
      if (!isRecord(value)) throw this.#wrong(name, value, type, 'an object', `[${i}]`)
      return new Fields(value, `${this.at(name)}[${i}]`, type)
    })
  }

  /** @param kind its Go type, without the package */
  object(name: string, kind = ''): Fields {
    const value = this.raw(name) ?? {}
    const type = this.#typed(kind)
    if (!isRecord(value)) throw this.#wrong(name, value, type, 'an object')
    return new Fields(value, this.at(name), type)
  }

  map(name: string): Readonly<Record<string, string>> {
    const value = this.raw(name) ?? {}
    const object = new Fields(value, this.at(name))
    return Object.fromEntries(Object.keys(value as object).map((key) => [key, object.text(key)]))
  }

  at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** Throws if there are fields that nobody has asked for. */
  done(): void {
    const unknown = Object.keys(this.#members).filter((name) => !this.#known.has(name))
    if (unknown.length === 0) return
    throw new Error(`strict decoding error: ${unknown.map((name) => `unknown field "${this.at(name)}"`).join(', ')}`)
  }

  #array(name: string, type = ''): readonly unknown[] {
    const value = this.raw(name) ?? []
    if (!Array.isArray(value)) throw this.#wrong(name, value, type === '' ? '' : `[]${type}`, 'a list')
    return value
  }

  #typed(kind: string): string {
    return kind === '' || this.#type === '' ? '' : `${this.#type.slice(0, this.#type.indexOf('.'))}.${kind}`
  }

  #wrong(name: string, value: unknown, type: string, wanted: string, index = ''): Error {
    if (this.#type === '' || type === '') return wrongType(`${this.at(name)}${index}`, wanted)
    const struct = this.#type.slice(this.#type.indexOf('.') + 1)
    const path = this.at(name).replace(/\[\d+\]/g, '')
    return new Error(`json: cannot unmarshal ${goKind(value)} into Go struct field ${struct}.${path} of type ${type}`)
  }
}

const wrongType = (path: string, wanted: string): Error => new Error(`${path === '' ? 'it' : path} must be ${wanted}`)

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads a file that holds a document of a kind, in JSON or YAML.
 *
 * @throws Error in the words of upstream's strict decoder
 */
export async function decodeConfiguration(bytes: Buffer, kind: string, versions: readonly string[]): Promise<Fields> {
  const { value, type, problem } = await decodeTyped(bytes)
  const { kind: actual, version, apiVersion } = type
  if (actual === '') throw new Error(`Object 'Kind' is missing in '${bytes.toString()}'`)
  if (version === '') throw new Error(`Object 'apiVersion' is missing in '${bytes.toString()}'`)
  if (actual !== kind || !versions.includes(apiVersion)) throw unregistered(actual, apiVersion)
  if (problem !== undefined) throw new Error(`strict decoding error: ${problem}`)
  const fields = new Fields(value, '', `${version}.${kind}`)
  fields.text('kind')
  fields.text('apiVersion')
  return fields
}

export interface TypedDocument {
  readonly value: unknown
  /** `apiVersion` is group and version; each is empty if it is not said. */
  readonly type: TypeMeta & { readonly apiVersion: string }
  /** What a strict reader refuses: a key that is there twice. */
  readonly problem: string | undefined
}

/**
 * Reads a document in JSON, if it begins with a brace, or else in YAML, and what it says it is.
 *
 * @throws Error in the words of upstream's decoders
 */
export async function decodeTyped(bytes: Buffer): Promise<TypedDocument> {
  const { value, problem } = bytes.toString().trimStart().startsWith('{') ? jsonOf(bytes) : await yamlOf(bytes)
  try {
    const type = interpret(value, undefined)
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`
    return { value: value ?? {}, type: { ...type, apiVersion }, problem }
  } catch (error) {
    throw error instanceof DecodeError ? new Error(error.message) : error
  }
}

function jsonOf(bytes: Buffer): Pick<TypedDocument, 'value' | 'problem'> {
  try {
    const { value, duplicates } = parseJson(bytes)
    const repeated = repeatedKey(duplicates)
    return { value, problem: repeated === undefined ? undefined : `duplicate field "${repeated}"` }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Error(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

async function yamlOf(bytes: Buffer): Promise<Pick<TypedDocument, 'value' | 'problem'>> {
  const { value, duplicates } = await parseYaml(bytes)
  return { value, problem: duplicates }
}

export const unregistered = (kind: string, version: string): Error =>
  new Error(`no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`)

/** A document of a kind, its type checked. */
export function readConfiguration(document: unknown, kind: string, versions: readonly string[]): Fields {
  const fields = new Fields(document, '')
  const actual = fields.text('kind')
  const version = fields.text('apiVersion')
  if (actual === '') throw new Error("Object 'Kind' is missing")
  if (version === '') throw new Error("Object 'apiVersion' is missing")
  if (actual !== kind || !versions.includes(version)) throw unregistered(actual, version)
  return fields
}
