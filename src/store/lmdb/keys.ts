import type { Revision } from '../store.js'

/** Longest key the store takes, in bytes. LMDB allows 4,026 at this page size; the history adds 7 to it. */
export const maxKeyBytes = 1_900

/** Whether a record can have this key. */
export const isStorableKey = (key: string): boolean => isShort(key) && !key.includes('\0')

/** Three bytes are the most that a UTF-16 unit takes. */
export const isShort = (key: string): boolean => key.length * 3 <= maxKeyBytes || Buffer.byteLength(key) <= maxKeyBytes

/** A bound of a range that has the same keys on either side, and that LMDB takes: behind the longest key it begins with. */
export const shortBound = (bound: string): string =>
  isShort(bound) ? bound : `${Buffer.from(bound).toString('utf8', 0, maxKeyBytes - 3)}\0`

const lastRevision = 0xffff_ffff_ffff

/**
 * history: (key, revision that replaced or deleted the value) → that value. The value at revision R is therefore the
 * first entry of its key above R. NUL sorts below every byte a key may hold, so keys stay in their order.
 */
export function historyKey(key: string, until: Revision): Buffer {
  const buffer = Buffer.allocUnsafe(Buffer.byteLength(key) + 7)
  const length = buffer.write(key, 0)
  buffer[length] = 0
  buffer.writeUIntBE(until, length + 1, 6)
  return buffer
}

/** The first history key behind all those of `key`. */
export const afterHistoryOf = (key: string): Buffer => historyKey(key, lastRevision)

/** Where the history of the keys from `bound` on begins, for a bound of a range: a key, or a key and NUL for "behind it". */
export const historyFrom = (bound: string): Buffer =>
  bound.endsWith('\0') ? afterHistoryOf(bound.slice(0, -1)) : historyKey(bound, 0)

export const keyOfHistory = (buffer: Buffer): string => buffer.toString('utf8', 0, buffer.length - 7)

/** log: (prefix, revision, number of the write within the commit) → change. */
export function logKey(prefix: string, revision: Revision, n = 0): Buffer {
  const buffer = Buffer.allocUnsafe(Buffer.byteLength(prefix) + 9)
  const length = buffer.write(prefix, 0)
  buffer[length] = 0
  buffer.writeUIntBE(revision, length + 1, 6)
  buffer.writeUInt16BE(n, length + 7)
  return buffer
}

export const afterLogOf = (prefix: string): Buffer => logKey(prefix, lastRevision, 0xffff)

export const prefixOfLog = (buffer: Buffer): string => buffer.toString('utf8', 0, buffer.length - 9)

export const revisionOfLog = (buffer: Buffer): Revision => buffer.readUIntBE(buffer.length - 8, 6)

/** expiry: (time in ms, key) → (revision that set it, prefix). */
export function expiryKey(at: number, key: string): Buffer {
  const buffer = Buffer.allocUnsafe(6 + Buffer.byteLength(key))
  buffer.writeUIntBE(at, 0, 6)
  buffer.write(key, 6)
  return buffer
}

/** Order of the UTF-8 bytes of two strings. UTF-16 order differs from it for surrogates alone. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
