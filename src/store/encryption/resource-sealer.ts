import type { Sealer } from '../sealer.js'
import { streamOf } from '../streams.js'
import { identity, plainFrom, type Transformer } from './transformer.js'

/** `group/resource`, `/secrets`; `*` stands for any resource, and for any group. */
export type TransformersByResource = ReadonlyMap<string, Transformer>

/**
 * Encryption by resource: what a rule names, else what one names for its group, else what one names for everything, else
 * nothing. The rules can be replaced while it is in use.
 */
export class ResourceSealer implements Sealer {
  readonly #resourceOf: (stream: string) => string
  readonly #prefix: string
  readonly #plain: ReadonlySet<string>
  #transformers: TransformersByResource
  #byStream = new Map<string, Transformer>()

  /**
   * @param resourceOf `group/resource` of what lies under `/registry/pods/`
   * @param prefix what keys begin with
   * @param plain of these streams nothing is encrypted, whatever the rules say
   */
  constructor(
    transformers: TransformersByResource,
    resourceOf: (stream: string) => string,
    prefix = '/registry',
    plain: ReadonlySet<string> = new Set(),
  ) {
    this.#transformers = transformers
    this.#resourceOf = resourceOf
    this.#prefix = prefix
    this.#plain = plain
  }

  set(transformers: TransformersByResource): void {
    this.#transformers = transformers
    this.#byStream = new Map()
  }

  prepare(key: string): Promise<void> | undefined {
    return this.#transformer(key).prepare?.()
  }

  seal(key: string, plain: Buffer): Buffer {
    const transformer = this.#transformer(key)
    return transformer === identity ? plain : transformer.seal(plain, Buffer.from(key))
  }

  open(key: string, sealed: Buffer) {
    return this.#transformer(key).open(sealed, Buffer.from(key))
  }

  ready(key: string, sealed: Buffer): Promise<void> | undefined {
    return this.#transformer(key).ready?.(sealed)
  }

  #transformer(key: string): Transformer {
    const stream = streamOf(key.slice(this.#prefix.length), 0)
    const known = this.#byStream.get(stream)
    if (known !== undefined) return known
    const found = this.#find(`/registry${stream}`)
    this.#byStream.set(stream, found)
    return found
  }

  #find(stream: string): Transformer {
    const resource = this.#resourceOf(stream)
    const group = resource.slice(0, resource.lastIndexOf('/'))
    const all = this.#transformers
    const found = all.get(resource) ?? all.get(`${group}/*`) ?? all.get('*/*') ?? identity
    return this.#plain.has(stream) ? plainFrom(found) : found
  }
}
