import { createHash, createPublicKey, type KeyObject } from 'node:crypto'

export interface PublicKey {
  /** As it stands in the `kid` of tokens: the hash of the key's DER form. */
  readonly id: string
  readonly key: KeyObject
}

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
