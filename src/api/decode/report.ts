import { quote } from '../quote.js'

/** A value that does not fit its type. The message is what Go's JSON decoding says. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}

/** Told of what decoding left out, in the order of the document. Paths read `spec.containers[0].bar`. */
export interface DecodeReport {
  unknown(path: string): void
  duplicate(path: string): void
}

/** Objects that had a key more than once, with all their entries in the order of the document. */
export type Duplicates = ReadonlyMap<object, readonly (readonly [key: string, value: unknown])[]>

export interface DecodeOptions {
  readonly report?: DecodeReport | undefined
  readonly duplicates?: Duplicates | undefined
  /** The value may hold JsonNumber. Default false. */
  readonly exactNumbers?: boolean | undefined
  /** Free-form values get their keys in order, having been maps in Go. Default false: they stay as they were sent. */
  readonly sortFree?: boolean | undefined
}

/** Upstream stops collecting here. Source: sigs.k8s.io/json, saveStrictError. */
const maxStrictErrors = 100

/** Collects the texts of strict errors (`unknown field "spec.foo"`): each once, 100 at most. */
export class StrictErrors implements DecodeReport {
  readonly #texts = new Set<string>()
  readonly #quote: (path: string) => string

  /** @param asIs paths are told as they are, as for custom resources. Default: quoted as Go does */
  constructor({ asIs = false }: { readonly asIs?: boolean } = {}) {
    this.#quote = asIs ? (path) => `"${path}"` : quotePath
  }

  get list(): readonly string[] {
    return [...this.#texts]
  }

  unknown(path: string): void {
    this.#add(`unknown field ${this.#quote(path)}`)
  }

  duplicate(path: string): void {
    this.#add(`duplicate field ${this.#quote(path)}`)
  }

  #add(text: string): void {
    if (this.#texts.size < maxStrictErrors) this.#texts.add(text)
  }
}

const quotePath = (path: string): string => (/^[\w.[\]-]*$/.test(path) ? `"${path}"` : quote(path))
