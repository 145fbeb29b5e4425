import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import type { Transformer } from './transformer.js'

const tagBytes = 16
const nonceBytes = 12
const blockBytes = 16
const infoBytes = 32
/** Of a seed that keys are derived from. */
export const seedBytes = 32

/** AES-GCM: nonce, ciphertext, tag. Source: pkg/storage/value/encrypt/aes. */
export function aesGcm(key: Buffer): Transformer {
  const cipher = `aes-${(key.length * 8) as 128 | 192 | 256}-gcm` as const
  return {
    seal(plain, data) {
      const nonce = randomBytes(nonceBytes)
      const sealing = createCipheriv(cipher, key, nonce).setAAD(data)
      return Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()])
    },
    open(sealed, data) {
      if (sealed.length < nonceBytes) throw new Error('the stored data was shorter than the required size')
      try {
        const end = sealed.length - tagBytes
        const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes))
        opening.setAAD(data).setAuthTag(sealed.subarray(end))
        const plain = Buffer.concat([opening.update(sealed.subarray(nonceBytes, end)), opening.final()])
        return { plain, stale: false }
      } catch (error) {
        throw new Error('cipher: message authentication failed', { cause: error })
      }
    },
  }
}

/** AES-CBC with PKCS 7 padding: initialization vector, ciphertext. Nothing is authenticated. */
export function aesCbc(key: Buffer): Transformer {
  const cipher = `aes-${key.length * 8}-cbc`
  return {
    seal(plain) {
      const vector = randomBytes(blockBytes)
      const sealing = createCipheriv(cipher, key, vector)
      return Buffer.concat([vector, sealing.update(plain), sealing.final()])
    },
    open(sealed) {
      if (sealed.length < blockBytes) throw new Error('the stored data was shorter than the required size')
      if (sealed.length % blockBytes !== 0) throw new Error('the stored data is not a multiple of the block size')
      try {
        const opening = createDecipheriv(cipher, key, sealed.subarray(0, blockBytes))
        return { plain: Buffer.concat([opening.update(sealed.subarray(blockBytes)), opening.final()]), stale: false }
      } catch (error) {
        throw new Error('invalid padding on input', { cause: error })
      }
    },
  }
}

/** AES-GCM with a key of its own for each value, made of a seed and of what the value begins with. */
export function seededAesGcm(seed: Buffer): Transformer {
  if (seed.length < seedBytes) throw new Error(`invalid seed length ${seed.length} used for key generation`)
  return {
    seal(plain, data) {
      const info = randomBytes(infoBytes)
      return Buffer.concat([info, aesGcm(expand(seed, info)).seal(plain, data)])
    },
    open(sealed, data) {
      if (sealed.length < infoBytes) throw new Error('the stored data was shorter than the required size')
      return aesGcm(expand(seed, sealed.subarray(0, infoBytes))).open(sealed.subarray(infoBytes), data)
    },
  }
}

/** The first block of HKDF's second half with SHA-256: a key of 32 bytes. */
const expand = (seed: Buffer, info: Buffer): Buffer =>
  createHmac('sha256', seed)
    .update(info)
    .update(Buffer.from([1]))
    .digest()
