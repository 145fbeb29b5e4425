/** Reads a configuration kind strictly: every field has to be asked for, and be of the type that is asked for. */
export class Fields {
  readonly #path: string
  readonly #members: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(path, 'an object')
    this.#members = value as Record<string, unknown>
    this.#path = path
  }

  raw(name: string): unknown {
    this.#known.add(name)
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined
  }

  /** Empty where it is absent. */
  text(name: string): string {
    const value = this.raw(name) ?? ''
    if (typeof value !== 'string') throw wrongType(this.at(name), 'a string')
    return value
  }

  /** 0 where it is absent. */
  integer(name: string): number {
    const value = this.raw(name) ?? 0
    if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(this.at(name), 'an integer')
    return value
  }

  texts(name: string): readonly string[] {
    return this.#array(name).map((value, i) => {
      if (typeof value !== 'string') throw wrongType(`${this.at(name)}[${i}]`, 'a string')
      return value
    })
  }

  list(name: string): Fields[] {
    return this.#array(name).map((value, i) => new Fields(value, `${this.at(name)}[${i}]`))
  }

  object(name: string): Fields {
    return new Fields(this.raw(name) ?? {}, this.at(name))
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

  #array(name: string): readonly unknown[] {
    const value = this.raw(name) ?? []
    if (!Array.isArray(value)) throw wrongType(this.at(name), 'a list')
    return value
  }
}

const wrongType = (path: string, wanted: string): Error => new Error(`${path === '' ? 'it' : path} must be ${wanted}`)

/** A document of a kind, its type checked. */
export function readConfiguration(document: unknown, kind: string, versions: readonly string[]): Fields {
  const fields = new Fields(document, '')
  const actual = fields.text('kind')
  const version = fields.text('apiVersion')
  if (actual === '') throw new Error("Object 'Kind' is missing")
  if (version === '') throw new Error("Object 'apiVersion' is missing")
  if (actual !== kind || !versions.includes(version))
    throw new Error(`no kind "${actual}" is registered for version "${version}"`)
  return fields
}
