import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

export interface PublicKey {
  /** As it stands in the `kid` of tokens: the hash of the key's DER form, or what a signer calls it. */
  readonly id: string
  readonly key: KeyObject
  /** It verifies tokens of former times and is not told to others. */
  readonly isUndisclosed?: true
}

/** Where the keys that verify tokens come from. */
export interface PublicKeySource {
  /** Those that a token may have been signed with that names `id`; all for an empty one. */
  find(id: string): readonly PublicKey[] | Promise<readonly PublicKey[]>
  /** Those that are known now. */
  readonly all: readonly PublicKey[]
  /** How long others may keep them, in seconds. */
  readonly maxAgeSeconds: number
  /** Called after they have changed. */
  onChange(changed: () => void): void
}

/** Keys that stay. */
export const staticKeys = (keys: readonly PublicKey[]): PublicKeySource => ({
  find: (id) => (id === '' ? keys : keys.filter((key) => key.id === id)),
  all: keys,
  maxAgeSeconds: 3_600,
  onChange: () => undefined,
})

/**
 * The keys of a `--service-account-key-file`: PEM, public or private, several in one file.
 *
 * @throws Error if there is none
 */
export function parsePublicKeys(pem: string | Buffer): PublicKey[] {
  const blocks = String(pem).match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g) ?? []
  const keys = blocks
    .filter((block) => !block.includes('EC PARAMETERS'))
    .map((block) => publicKey(createPublicKey(block)))
  if (keys.length === 0) throw new Error('data does not contain any valid RSA or ECDSA public keys')
  return keys
}

/** Source: kubernetes pkg/serviceaccount/jwt.go, keyIDFromPublicKey. */
export function publicKey(key: KeyObject): PublicKey {
  const der = key.export({ type: 'spki', format: 'der' })
  return { id: createHash('sha256').update(der).digest('base64url'), key }
}
