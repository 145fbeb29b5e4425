import type { CallValidator, Library, LibraryFunction, Overload } from '../library.js'
import { type MacroTable, macroKey } from '../parse/parser.js'
import type { TypeProvider } from '../type-provider.js'
import { type Type, typeOf } from '../types.js'
import type { Value } from '../values.js'

/** A name and what it stands for: a variable, unless it has a value. */
export interface Ident {
  readonly name: string
  readonly type: Type
  readonly value?: Value
}

export interface FunctionDecl {
  readonly name: string
  readonly overloads: readonly Overload[]
  readonly mismatch: LibraryFunction['mismatch'] | undefined
  readonly costByOverload: boolean
}

export interface DeclarationOptions {
  readonly libraries: readonly Library[]
  readonly variables: Readonly<Record<string, Type>>
  readonly types: TypeProvider | undefined
  /** Namespace in which names are looked for first. */
  readonly container: string
  /** Minor version; undefined: everything that is in use. */
  readonly version: number | undefined
}

/** What expressions of one environment may use. */
export class Declarations {
  readonly macros: MacroTable
  readonly validators: ReadonlyMap<string, readonly CallValidator[]>
  readonly #functions = new Map<string, FunctionDecl>()
  readonly #params = new Map<Overload, readonly string[]>()
  readonly #idents = new Map<string, Ident>()

  constructor(readonly options: DeclarationOptions) {
    const macros = new Map<string, MacroTable extends ReadonlyMap<string, infer M> ? M : never>()
    const validators = new Map<string, CallValidator[]>()
    for (const library of options.libraries) {
      if (!this.#has(library)) continue
      for (const macro of library.macros ?? []) macros.set(macroKey(macro.name, macro.args, macro.member), macro)
      for (const declared of library.functions ?? []) this.#declare(declared)
      for (const constant of library.constants ?? []) this.#idents.set(constant.name, constant)
      for (const validator of library.validators ?? []) {
        validators.set(validator.name, [...(validators.get(validator.name) ?? []), validator])
      }
    }
    for (const [name, type] of Object.entries(options.variables)) this.#idents.set(name, { name, type })
    this.macros = macros
    this.validators = validators
  }

  get container(): string {
    return this.options.container
  }

  ident(name: string): Ident | undefined {
    const declared = this.#idents.get(name)
    if (declared !== undefined) return declared
    const object = this.options.types?.find(name)
    return object && { name, type: typeOf(object.type), value: object.type }
  }

  function(name: string): FunctionDecl | undefined {
    for (const candidate of this.candidates(name)) {
      const found = this.#functions.get(candidate)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Names of an overload's type parameters. */
  params(overload: Overload): readonly string[] {
    return this.#params.get(overload) ?? []
  }

  /** What a name may be the end of, the longest first. */
  candidates(name: string): readonly string[] {
    if (name.startsWith('.')) return [name.slice(1)]
    if (this.container === '') return [name]
    const names: string[] = []
    for (let prefix = this.container; prefix !== ''; prefix = prefix.slice(0, Math.max(prefix.lastIndexOf('.'), 0)))
      names.push(`${prefix}.${name}`)
    return [...names, name]
  }

  #declare({ name, overloads, mismatch, costByOverload = false }: LibraryFunction): void {
    const usable = overloads.filter((overload) => this.#has(overload))
    if (usable.length === 0) return
    for (const overload of usable) this.#params.set(overload, paramsOf([...overload.args, overload.result]))
    const old = this.#functions.get(name)
    // A later declaration of an overload takes the place of an earlier one.
    const kept = old?.overloads.filter(({ id }) => usable.every((overload) => overload.id !== id)) ?? []
    this.#functions.set(name, {
      name,
      overloads: [...kept, ...usable],
      mismatch: mismatch ?? old?.mismatch,
      costByOverload: costByOverload || (old?.costByOverload ?? false),
    })
  }

  #has({ since = 0, until }: { readonly since?: number; readonly until?: number }): boolean {
    const { version } = this.options
    if (version === undefined) return until === undefined
    return version >= since && (until === undefined || version < until)
  }
}

function paramsOf(types: readonly Type[]): readonly string[] {
  const names = types.flatMap((type) => (type.kind === 'param' ? [type.name] : paramsOf(type.params)))
  return [...new Set(names)]
}
