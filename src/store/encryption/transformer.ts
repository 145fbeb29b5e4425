/** One way to encrypt values. Bytes in, bytes out; `data` is authenticated with them where the cipher can. */
export interface Transformer {
  /** To be awaited, if it is a promise, before something is sealed. Rejects if it cannot be. */
  prepare?(): Promise<void> | undefined
  seal(plain: Buffer, data: Buffer): Buffer
  /** Throws Error if they cannot be opened. */
  open(sealed: Buffer, data: Buffer): Opened
  /** To be awaited, if it is a promise, before these bytes are opened. Never rejects: opening tells. */
  ready?(sealed: Buffer): Promise<void> | undefined
}

export interface Opened {
  readonly plain: Buffer
  /** Would be sealed in another way today. */
  readonly stale: boolean
}

export interface Prefixed {
  readonly prefix: Buffer
  readonly transformer: Transformer
}

/**
 * Several ways, told apart by what the bytes begin with: the first seals, all open. Of ways with one prefix (keys of one
 * name) the first that succeeds has it. Source: apiserver pkg/storage/value/transformer.go.
 *
 * @param noMatch the message for bytes that begin with none of the prefixes
 */
export function byPrefix(ways: readonly Prefixed[], noMatch: string): Transformer {
  const matching = (sealed: Buffer): Prefixed[] => ways.filter(({ prefix }) => startsWith(sealed, prefix))
  const first = ways[0]?.transformer
  return {
    ...(first?.prepare === undefined ? {} : { prepare: () => first.prepare?.() }),
    seal(plain, data) {
      const { prefix, transformer } = ways[0]!
      const sealed = transformer.seal(plain, data)
      return prefix.length === 0 ? sealed : Buffer.concat([prefix, sealed])
    },
    open(sealed, data) {
      const failures: string[] = []
      for (const way of matching(sealed)) {
        try {
          const { plain, stale } = way.transformer.open(sealed.subarray(way.prefix.length), data)
          return { plain, stale: stale || way !== ways[0] }
        } catch (error) {
          // What is encrypted is not for the identity, which everything matches.
          if (way.prefix.length > 0) failures.push((error as Error).message)
        }
      }
      if (failures.length === 0) throw new Error(noMatch)
      throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`)
    },
    ready(sealed) {
      const waits = matching(sealed).flatMap(({ prefix, transformer }) => {
        const ready = transformer.ready?.(sealed.subarray(prefix.length))
        return ready === undefined ? [] : [ready]
      })
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined)
    },
  }
}

const encrypted = Buffer.from('k8s:enc:')

/** No encryption; what is encrypted is not taken for a value. Source: pkg/storage/value/encrypt/identity. */
export const identity: Transformer = {
  seal: (plain) => plain,
  open(sealed) {
    if (sealed.length >= encrypted.length && encrypted.compare(sealed, 0, encrypted.length) === 0)
      throw new Error('identity transformer tried to read encrypted data')
    return { plain: sealed, stale: false }
  },
}

/** Seals nothing, and still opens what another way has sealed. */
export function plainFrom(former: Transformer): Transformer {
  const wasSealed = (bytes: Buffer): boolean => startsWith(bytes, encrypted)
  return {
    seal: (plain) => plain,
    open: (bytes, data) =>
      wasSealed(bytes) ? { plain: former.open(bytes, data).plain, stale: true } : { plain: bytes, stale: false },
    ready: (bytes) => (wasSealed(bytes) ? former.ready?.(bytes) : undefined),
  }
}

const startsWith = (bytes: Buffer, prefix: Buffer): boolean =>
  bytes.length >= prefix.length && prefix.compare(bytes, 0, prefix.length) === 0
