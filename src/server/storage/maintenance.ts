import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { encodeJson, parseJson } from '../../codec/index.js'
import {
  defragLmdbStore,
  type EmbeddedStore,
  isUnreadable,
  type Restored,
  type Revision,
  type Store,
  type StoredRecord,
  streamOf,
} from '../../store/index.js'
import { effectiveVersions } from '../config/effective-versions.js'
import type { ServerConfig } from '../config.js'
import { openStore } from './open-store.js'

/** Of what lives for some time only, it is said again how long: the store does not tell. */
const lifetimes = new Map([['/registry/events/', 3_600]])
/** What servers write for each other goes with them. */
const passing = new Set(['/registry/masterleases/', '/registry/peerserverleases/'])
const atOnce = 64
const everything = { start: '/', end: '0' }

/** Work on a store that no server has open (the embedded one) or that servers may go on with (etcd). */
export interface StoreMaintenance {
  /** Writes every object as a line of JSON, of one moment. @returns how many, and the revision that they are of */
  export(file: string): Promise<{ objects: number; revision: number }>
  /**
   * Reads such a file into a store that has nothing in it. An embedded store then stands where the other one stood, and
   * objects keep their revisions; etcd gives them new ones. @returns `revision`: where the store stands if they are kept
   */
  import(file: string): Promise<{ objects: number; revision?: number }>
  /** Forgets the past. @returns the revision that history begins at now */
  compact(): Promise<{ revision: number }>
  /** Reads every object. @returns how many there are, and what is wrong */
  check(): Promise<{ objects: number; revision: number; problems: string[] }>
  close(): Promise<void>
}

export async function openMaintenance(config: ServerConfig): Promise<StoreMaintenance> {
  const { store, others, embedded, release } = await openStore(config)
  const storeOf = (key: string): Store => others.get(streamOf(key)) ?? store
  const all = new Set([store, ...others.values()])
  return {
    async export(file) {
      const parts = [...all].map((each) => recordsOf(each, each.revision, (key) => storeOf(key) === each))
      const revision = Math.max(...[...all].map((each) => each.revision))
      return { objects: await exportTo(file, revision, parts), revision }
    },
    import: (file) => importFrom({ storeOf, all, embedded }, config, file),
    async compact() {
      const { revision } = store
      await Promise.all([...all].map((each) => each.compact(each.revision)))
      return { revision }
    },
    async check() {
      const checks = [...all].map((each) => check(each))
      return {
        objects: checks.reduce((sum, { objects }) => sum + objects, 0),
        revision: store.revision,
        problems: checks.flatMap(({ problems }) => problems),
      }
    },
    close: release,
  }
}

/** What is there, as far as it belongs there. */
function* recordsOf(store: Store, at: Revision, belongs: (key: string) => boolean): Iterable<StoredRecord> {
  for (const record of store.scan(everything, { at })) if (belongs(record.key)) yield record
}

/**
 * Gives back to the file system what the embedded store does not need any more. @returns bytes before and after
 *
 * @throws Error if the store is not embedded, or in use
 */
export function defragment({ store: { dataDir, etcd } }: ServerConfig): Promise<{ before: number; after: number }> {
  if (etcd.servers.length > 0) throw new Error('etcd is defragmented by its own tool, member by member: etcdctl defrag')
  if (dataDir === '') throw new Error('--data-dir must be specified')
  return defragLmdbStore(dataDir)
}

async function exportTo(file: string, revision: number, parts: readonly Iterable<StoredRecord>[]): Promise<number> {
  const out: FileHandle = await open(file, 'wx', 0o600)
  let objects = 0
  try {
    let lines: Buffer[] = [Buffer.from(`{"revision":${revision}}\n`)]
    let size = 0
    const flush = async (): Promise<void> => {
      await out.write(Buffer.concat(lines))
      lines = []
      size = 0
    }
    for (const records of parts)
      for (const record of records) {
        if (passing.has(streamOf(record.key))) continue
        if (isUnreadable(record)) throw new Error(`${record.key} cannot be read: ${record.value.toString()}`)
        const line = lineOf(record)
        lines.push(line)
        size += line.length
        objects++
        if (size > 1 << 20) await flush()
      }
    await flush()
    await out.sync()
  } finally {
    await out.close()
  }
  return objects
}

/** `{"key":...,"revision":...,"object":...}`, the object as it is stored: without a resourceVersion. */
function lineOf({ key, value, revision, revisionAt }: StoredRecord): Buffer {
  const member = `"resourceVersion":"${revision}",`.length
  return Buffer.concat([
    Buffer.from(`{"key":${JSON.stringify(key)},"revision":${revision},"object":`),
    value.subarray(0, revisionAt),
    value.subarray(revisionAt + member),
    Buffer.from('}\n'),
  ])
}

async function importFrom(
  { storeOf, all, embedded }: Stores,
  config: ServerConfig,
  file: string,
): Promise<{ objects: number; revision?: number }> {
  for (const store of all) {
    await store.fresh()
    for (const { key } of store.scan(everything, { limit: 1 })) throw new Error(`the store is not empty: it has ${key}`)
  }
  const { kubernetesValues } = await import('./value-form.js')
  const form = kubernetesValues(config.store.etcd.mediaType, effectiveVersions(config.generic).minCompatibility)
  let objects = 0
  let newest = 0
  let lines = 0
  let waiting: Restored[] = []
  // Time does not go back in a store that has had other objects.
  const keeps = (): boolean => embedded !== undefined && newest >= begun
  const begun = embedded?.revision ?? 0
  const write = async (): Promise<void> => {
    const records = waiting
    waiting = []
    if (keeps()) await embedded!.restore(records, newest)
    else
      await Promise.all(
        records.map(({ revision: _, ...record }) => storeOf(record.key).commit([{ ...record, expect: 0 }])),
      )
  }
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    lines++
    if (line === '') continue
    const entry = parseJson(Buffer.from(line)).value as Record<string, unknown>
    const { key, revision = 1, object } = entry
    if (lines === 1 && key === undefined && isRevision(revision)) {
      newest = revision
      continue
    }
    if (typeof key !== 'string' || !key.startsWith('/registry/') || typeof object !== 'object' || !isRevision(revision))
      throw new Error(`line ${lines} is no object of an export`)
    const prefix = streamOf(key)
    const value = form.read(prefix, key, encodeJson(object))
    const ttlSeconds = lifetimes.get(prefix)
    waiting.push({ prefix, key, revision, value, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) })
    objects++
    if (waiting.length >= atOnce) await write()
  }
  await write()
  return keeps() ? { objects, revision: newest } : { objects }
}

interface Stores {
  readonly storeOf: (key: string) => Store
  readonly all: ReadonlySet<Store>
  /** The only one, if it is embedded. */
  readonly embedded: EmbeddedStore | undefined
}

const isRevision = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

function check(store: Store): { objects: number; problems: string[] } {
  const { revision } = store
  const problems: string[] = []
  let objects = 0
  for (const record of store.scan(everything, { at: revision })) {
    objects++
    const problem = problemOf(record)
    if (problem !== undefined) problems.push(`${record.key}: ${problem}`)
  }
  const counted = store.count(everything)
  if (counted !== objects) problems.push(`${counted} keys are counted, ${objects} are there`)
  return { objects, problems }
}

function problemOf(record: StoredRecord): string | undefined {
  if (isUnreadable(record)) return record.value.toString()
  try {
    const { metadata } = parseJson(record.value).value as { metadata?: { resourceVersion?: string } }
    return metadata?.resourceVersion === String(record.revision)
      ? undefined
      : 'its resourceVersion is not that of its record'
  } catch (error) {
    return (error as Error).message
  }
}
