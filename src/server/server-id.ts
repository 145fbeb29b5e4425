import { createHash } from 'node:crypto'
import { hostname } from 'node:os'

/** Which server of a cluster this is, the same after every start. Source: apiserver pkg/server/config.go, APIServerID. */
export function serverId(host: string = hostname()): string {
  const hash = createHash('sha256').update(sized(host)).update(sized('kube-apiserver')).digest()
  return `apiserver-${base32(hash.subarray(0, 16))}`
}

/** A text behind its length. */
function sized(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}

const digits = 'abcdefghijklmnopqrstuvwxyz234567'

/** Lower case, without padding. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => digits[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}
