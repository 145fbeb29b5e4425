import type { Database, RootDatabase, Transaction } from 'lmdb'
import { StoreError } from '../errors.js'
import type { Sealer } from '../sealer.js'
import type { Revision } from '../store.js'

/** Raised when what lies on disk changes shape. */
const formatVersion = 1
const metaKeys = {
  format: Buffer.from('format'),
  revision: Buffer.from('revision'),
  compacted: Buffer.from('compacted'),
}

/** `current` takes its keys as strings, the others as buffers of keys.ts. All values are buffers. */
export interface Tables {
  readonly folder: string
  /** Encrypts what lies in `current` and `history`. */
  readonly sealer: Sealer | undefined
  readonly root: RootDatabase<Buffer, Buffer>
  readonly current: Database<Buffer, string>
  readonly history: Database<Buffer, Buffer>
  readonly log: Database<Buffer, Buffer>
  readonly expiry: Database<Buffer, Buffer>
  /** While it is on, ranges of `current` give the memory that LMDB reads into, and `size` tells how much of it. */
  readonly lending: Lending
}

export interface Lending {
  on: boolean
  size: number
}

export interface ReadAt {
  readonly transaction: Transaction
}

/**
 * Opens or creates the LMDB files in the folder `path`. Commits are made durable before they become visible, in LMDB's
 * own order (no overlapping sync); without `fsync` they are left to the operating system.
 *
 * @throws StoreError Unavailable if the files are of another format
 */
export async function openTables(path: string, fsync: boolean, sealer?: Sealer): Promise<Tables> {
  const { open } = await import('lmdb')
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const
  // Writes are put together by the group commit: LMDB's own batching would leave a promise of a failed batch unheard.
  const root = open<Buffer, Buffer>(path, {
    ...binary,
    noSubdir: false,
    pageSize: 8192,
    maxDbs: 8,
    overlappingSync: false,
    noSync: !fsync,
    eventTurnBatching: false,
    cache: false,
  })
  const lending: Lending = { on: false, size: 0 }
  const tables = root.transactionSync(() => {
    if (readNumber(root, metaKeys.format) === undefined) root.putSync(metaKeys.format, number(formatVersion))
    return {
      folder: path,
      sealer,
      lending,
      root,
      current: root.openDB<Buffer, string>('current', { encoding: 'binary', keyEncoder: stringKeys } as never),
      history: root.openDB<Buffer, Buffer>('history', binary),
      log: root.openDB<Buffer, Buffer>('log', binary),
      expiry: root.openDB<Buffer, Buffer>('expiry', binary),
    }
  })
  copyTogether(tables.current, lending)
  const format = readNumber(root, metaKeys.format)
  if (format !== formatVersion) {
    await root.close()
    throw new StoreError('Unavailable', `${path} holds data of format ${format}, this version reads ${formatVersion}`)
  }
  return tables
}

/** The newest revision on disk and the horizon. An empty store stands at 1, so that no read is ever "as of 0". */
export function readPosition(tables: Tables): { revision: Revision; compacted: Revision } {
  return {
    revision: readNumber(tables.root, metaKeys.revision) ?? 1,
    compacted: readNumber(tables.root, metaKeys.compacted) ?? 1,
  }
}

/** Inside a batch. */
export const putRevision = (tables: Tables, revision: Revision): unknown =>
  tables.root.put(metaKeys.revision, number(revision))

/** Inside a batch. */
export const putCompacted = (tables: Tables, revision: Revision): unknown =>
  tables.root.put(metaKeys.compacted, number(revision))

/** A private copy of a value. */
export function readCopy<K extends string | Buffer>(
  table: Database<Buffer, K>,
  key: K,
  at: ReadAt,
): Buffer | undefined {
  const shared = (table as unknown as FastReads<K>).getBinaryFast(key, at)
  if (shared === undefined) return undefined
  // lmdb sets the shared buffer's `length` to the value's, which its own methods do not know of; the next read overwrites it.
  const copy = Buffer.allocUnsafe(shared.length)
  copy.set(new Uint8Array(shared.buffer, shared.byteOffset, shared.length))
  return copy
}

// What ranges read is copied into blocks of this size, and values above an eighth of it stand alone. Who keeps a value keeps
// its block.
const blockBytes = 64 * 1024

/**
 * Has ranges of a table copy values into few large blocks. lmdb would make memory of its own for each value, which for lists
 * costs as much as all else.
 */
function copyTogether(table: object, lending: Lending): void {
  let block = Buffer.alloc(0)
  let used = 0
  const decode = (shared: Buffer, size: number): Buffer => {
    if (lending.on) {
      lending.size = size
      return shared
    }
    const bytes = new Uint8Array(shared.buffer, shared.byteOffset, size)
    if (size > blockBytes / 8) return Buffer.from(bytes)
    if (used + size > block.length) {
      block = Buffer.allocUnsafeSlow(blockBytes)
      used = 0
    }
    const copy = block.subarray(used, used + size)
    copy.set(bytes)
    used += size
    return copy
  }
  // The table has no encoder, so that this is for reading alone; single reads do not come here (`readCopy`).
  Object.assign(table, { decoder: { decode }, decoderCopies: true })
}

/** The declared type leaves out the options that the function takes. */
interface FastReads<K> {
  getBinaryFast(key: K, options: ReadAt): Buffer | undefined
}

const stringKeys = {
  writeKey(key: string, target: Buffer, start: number): number {
    const written = target.write(key, start)
    // A short write would be another key. lmdb takes a RangeError as "get a larger buffer".
    if (start + key.length * 3 > target.length && written !== Buffer.byteLength(key))
      throw new RangeError('key too long')
    return start + written
  },
  readKey: (source: Buffer, start: number, end: number): string => source.toString('utf8', start, end),
}

function readNumber(root: Tables['root'], key: Buffer): number | undefined {
  return root.getBinary(key)?.readUIntBE(0, 6)
}

function number(value: number): Buffer {
  const buffer = Buffer.alloc(6)
  buffer.writeUIntBE(value, 0, 6)
  return buffer
}
