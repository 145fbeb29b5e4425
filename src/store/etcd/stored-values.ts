import { identity } from '../encryption/transformer.js'
import type { ReplicaValue } from '../replica/replica.js'
import type { Sealer } from '../sealer.js'
import type { Write, WriteValue } from '../store.js'
import type { ValueForm } from './value-form.js'

/** What one of our own commits has written, until it has come back. */
interface Own {
  readonly bytes: Buffer
  readonly value: WriteValue
}

/** Keys and values as they lie in etcd, and as the store knows them. */
export class StoredValues {
  readonly #prefix: string
  readonly #form: ValueForm
  readonly #sealer: Sealer | undefined
  readonly #own = new Map<string, Own[]>()

  /** @param prefix what stands in etcd in the place of `/registry` */
  constructor(prefix: string, form: ValueForm, sealer?: Sealer) {
    this.#prefix = prefix
    this.#form = form
    this.#sealer = sealer
  }

  etcdKey(key: string): string {
    return key.startsWith(root) ? this.#prefix + key.slice(root.length) : key
  }

  /** Undefined for keys that are not under the prefix. */
  storeKey(key: string): string | undefined {
    return key.startsWith(`${this.#prefix}/`) ? root + key.slice(this.#prefix.length) : undefined
  }

  /** All keys under the prefix. */
  get range(): { readonly key: string; readonly rangeEnd: string } {
    return { key: `${this.#prefix}/`, rangeEnd: `${this.#prefix}0` }
  }

  /** To be awaited, if it is a promise, before they are sealed. Rejects if they cannot be. */
  prepare(writes: readonly Write[]): Promise<unknown> | undefined {
    if (this.#sealer?.prepare === undefined) return undefined
    let waiting: Promise<void>[] | undefined
    for (const { key, value } of writes) {
      const ready = value === undefined ? undefined : this.#sealer.prepare(this.etcdKey(key))
      if (ready !== undefined) waiting = [...(waiting ?? []), ready]
    }
    return waiting && Promise.all(waiting)
  }

  /** The bytes to write. Until `done`, the same bytes coming back from etcd need not be read again. */
  seal({ prefix, key }: Write, value: WriteValue): { readonly bytes: Buffer; done(): void } {
    const plain = this.#form.write(prefix, key, value)
    const bytes = this.#sealer?.seal(this.etcdKey(key), plain) ?? plain
    const own = { bytes, value }
    const all = this.#own.get(key)
    if (all === undefined) this.#own.set(key, [own])
    else all.push(own)
    return {
      bytes,
      done: () => {
        const left = this.#own.get(key)?.filter((other) => other !== own) ?? []
        if (left.length === 0) this.#own.delete(key)
        else this.#own.set(key, left)
      },
    }
  }

  /** To be awaited, if it is a promise, before the value is opened. */
  ready(key: string, bytes: Buffer): Promise<void> | undefined {
    return this.#sealer?.ready?.(this.etcdKey(key), bytes)
  }

  open(prefix: string, key: string, bytes: Buffer): ReplicaValue {
    const own = this.#own.get(key)?.find((written) => written.bytes.equals(bytes))
    if (own !== undefined) return own.value
    let plain = bytes
    let stale = false
    try {
      if (this.#sealer === undefined) identity.open(bytes, nothing)
      else ({ plain, stale } = this.#sealer.open(this.etcdKey(key), bytes))
    } catch (error) {
      return { unreadable: (error as Error).message }
    }
    try {
      const value = this.#form.read(prefix, key, plain)
      return stale ? { ...value, stale } : value
    } catch (error) {
      return { unreadable: (error as Error).message }
    }
  }
}

const root = '/registry'
const nothing = Buffer.alloc(0)
