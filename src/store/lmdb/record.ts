import type { Sealer } from '../sealer.js'
import type { Revision, StoredRecord, WriteValue } from '../store.js'

// A record as it lies on disk, big endian:
//   0 revision (6 bytes) | 6 expiry in ms since the epoch, 0: never (6) | 12 revisionAt (4) | 16 index length (4) | index | value
// Sealed: the index length is `sealedMark`, and what follows is encrypted: index length (4) | index | value.
export const recordHeader = 20
const sealedMark = 0xffff_ffff
const empty = Buffer.alloc(0)
const memberStart = '"resourceVersion":"'
const memberEnd = '",'

/** The bytes to store for `value` written by `revision`: recordHeader, index, and the JSON with its resourceVersion in place. */
export function encodeRecord(value: WriteValue, revision: Revision, expiresAt: number): Buffer {
  const { json, revisionAt, index } = value
  if (!(revisionAt > 0 && revisionAt < json.length)) throw new RangeError('revisionAt lies outside the JSON')
  const member = memberStart + revision + memberEnd
  const start = recordHeader + index.length
  const raw = Buffer.allocUnsafe(start + json.length + member.length)
  raw.writeUIntBE(revision, 0, 6)
  raw.writeUIntBE(expiresAt, 6, 6)
  raw.writeUInt32BE(revisionAt, 12)
  raw.writeUInt32BE(index.length, 16)
  if (index.length > 0) raw.set(index, recordHeader)
  json.copy(raw, start, 0, revisionAt)
  raw.write(member, start + revisionAt, 'latin1')
  json.copy(raw, start + revisionAt + member.length, revisionAt)
  return raw
}

/** In place of an expiry: see StoredRecord.stale. Nothing has expired so long ago. */
export const staleMark = 1

/** A record whose value cannot be read, and why. */
export function encodeUnreadable(reason: string, revision: Revision): Buffer {
  const text = Buffer.from(reason)
  const raw = Buffer.alloc(recordHeader + text.length)
  raw.writeUIntBE(revision, 0, 6)
  text.copy(raw, recordHeader)
  return raw
}

/** The same record with its index and value as the sealer keeps them: itself, where that is plain. */
export function sealRecord(key: string, raw: Buffer, sealer: Sealer): Buffer {
  const plain = raw.subarray(recordHeader - 4)
  const sealed = sealer.seal(key, plain)
  if (sealed === plain) return raw
  const head = Buffer.from(raw.subarray(0, recordHeader))
  head.writeUInt32BE(sealedMark, recordHeader - 4)
  return Buffer.concat([head, sealed])
}

export const isSealed = (raw: Buffer): boolean => indexLengthOf(raw) === sealedMark

/** The bytes that a sealer has made of a record, if it has. */
export const sealedBytes = (raw: Buffer): Buffer | undefined => (isSealed(raw) ? raw.subarray(recordHeader) : undefined)

/** The record in `raw`, opened if it was sealed. One that cannot be opened is unreadable, and says why. */
export function openRecord(key: string, raw: Buffer, sealer: Sealer | undefined): StoredRecord {
  const sealed = sealedBytes(raw)
  if (sealed === undefined && sealer === undefined) return decodeRecord(key, raw)
  try {
    if (sealer === undefined) throw new Error('identity transformer tried to read encrypted data')
    const { plain, stale } = sealer.open(key, sealed ?? raw.subarray(recordHeader - 4))
    const record = decodeRecord(
      key,
      sealed === undefined ? raw : Buffer.concat([raw.subarray(0, recordHeader - 4), plain]),
    )
    return stale ? { ...record, stale } : record
  } catch (error) {
    const value = Buffer.from((error as Error).message)
    return { key, revision: revisionOf(raw), value, index: empty, revisionAt: 0 }
  }
}

/** The plain record in `raw`, sharing its memory. */
export function decodeRecord(key: string, raw: Buffer): StoredRecord {
  const indexLength = indexLengthOf(raw)
  const start = recordHeader + indexLength
  const record = {
    key,
    revision: revisionOf(raw),
    value: raw.subarray(start),
    index: indexLength === 0 ? empty : raw.subarray(recordHeader, start),
    revisionAt: revisionAtOf(raw),
  }
  return raw.readUIntBE(6, 6) === staleMark ? { ...record, stale: true } : record
}

export const revisionOf = (raw: Buffer): Revision => raw.readUIntBE(0, 6)

export const revisionAtOf = (raw: Buffer): number => raw.readUInt32BE(12)

export const indexLengthOf = (raw: Buffer): number => raw.readUInt32BE(recordHeader - 4)

/** Milliseconds since the epoch; 0: never. */
export const expiryOf = (raw: Buffer): number => raw.readUIntBE(6, 6)
