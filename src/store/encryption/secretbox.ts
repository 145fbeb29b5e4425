import { randomBytes } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import type { Transformer } from './transformer.js'

const nonceBytes = 24
const tagBytes = 16

/** NaCl's secretbox: nonce, tag and ciphertext. The key alone is authenticated, not where the value lies. */
export function secretbox(key: Buffer): Transformer {
  return {
    seal(plain) {
      const nonce = randomBytes(nonceBytes)
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)])
    },
    open(sealed) {
      if (sealed.length < nonceBytes + tagBytes) throw new Error('the stored data was shorter than the required size')
      try {
        const opened = xsalsa20poly1305(key, sealed.subarray(0, nonceBytes)).decrypt(sealed.subarray(nonceBytes))
        return { plain: Buffer.from(opened.buffer, opened.byteOffset, opened.length), stale: false }
      } catch (error) {
        // Upstream's text, whatever it means.
        throw new Error('output array was not large enough for encryption', { cause: error })
      }
    },
  }
}
