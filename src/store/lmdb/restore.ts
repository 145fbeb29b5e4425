import { StoreError } from '../errors.js'
import type { Revision, WriteValue } from '../store.js'
import { encodeExpiry } from './group-commit.js'
import { expiryKey, maxKeyBytes } from './keys.js'
import type { Reader } from './reader.js'
import { encodeRecord, sealRecord } from './record.js'
import type { Tables } from './tables.js'

/** A record as of the store that it comes from. */
export interface Restored {
  readonly prefix: string
  readonly key: string
  readonly revision: Revision
  readonly value: WriteValue
  readonly ttlSeconds?: number
}

/** Inside a batch. All that can throw comes before the first put. */
export function putRestored(
  { current, expiry, sealer }: Tables,
  reader: Reader,
  records: readonly Restored[],
  newest: Revision,
  now: number,
): void {
  const puts = records.map(({ prefix, key, revision, value, ttlSeconds }) => {
    if (!Number.isSafeInteger(revision) || revision < 1 || revision > newest)
      throw new StoreError('FutureRevision', `${key} is of revision ${revision}, the store of ${newest}`)
    if (!key.startsWith(prefix) || !prefix.endsWith('/') || Buffer.byteLength(key) > maxKeyBytes || key.includes('\0'))
      throw new RangeError(`${key} is no key`)
    if (reader.raw(key) !== undefined) throw new RangeError(`${key} is there already`)
    const expiresAt = ttlSeconds === undefined ? 0 : now + ttlSeconds * 1000
    const plain = encodeRecord(value, revision, expiresAt)
    return { prefix, key, revision, expiresAt, raw: sealer === undefined ? plain : sealRecord(key, plain, sealer) }
  })
  for (const { prefix, key, revision, expiresAt, raw } of puts) {
    void current.put(key, raw)
    if (expiresAt > 0) void expiry.put(expiryKey(expiresAt, key), encodeExpiry(revision, prefix))
  }
}
