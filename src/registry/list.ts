import { ApiError, badRequest, internalError, type Status } from '../api/index.js'
import {
  isUnreadable,
  type KeyRange,
  prefixRange,
  type Revision,
  type StoredRecord,
  StoreError,
  type Walk,
} from '../store/index.js'
import { decodeContinue, encodeContinue } from './continue.js'
import type { GenericRegistry } from './generic-registry.js'
import { decimalOf, revisionOf, waitForRevision } from './revisions.js'
import { recordMatcher, type Selection } from './selection.js'
import { fromStoreError } from './store-errors.js'

/** The list parameters of metav1.ListOptions, validated. Strings are empty where nothing was sent. */
export interface ListOptions {
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  /** 0: no limit. */
  readonly limit: number
  readonly continue: string
}

export interface ListScope {
  /** Empty: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string
  /** Only this object, if it is there. */
  readonly name?: string
  readonly selection: Selection
}

export interface ListPage {
  readonly revision: Revision
  /**
   * Lazy where the list has no limit; a stable snapshot either way. Must be iterated to the end or returned from. May be
   * iterated again, which throws StoreError if the snapshot was compacted meanwhile.
   */
  readonly records: Iterable<StoredRecord>
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** A list that is read in the caller's steps. */
export interface ListWalk {
  readonly revision: Revision
  /** Whether `continue` and `remainingItemCount` are known only at the end: there is a limit. */
  readonly isLimited: boolean
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
  /** Hands over the next records as `Walk` of the store does. Throws ApiError. @returns whether there may be more */
  step(take: (record: StoredRecord) => boolean): boolean
  close(): void
}

/**
 * Reads a list: a consistent snapshot as of the revision its options lead to, page by page if there is a limit.
 *
 * | resourceVersion | match | read |
 * | --- | --- | --- |
 * | none | | newest |
 * | 0 | | newest, limit ignored as upstream's cache does |
 * | N | none, NotOlderThan | newest, once it is at least N |
 * | N | Exact, or none with a limit | as of N |
 *
 * Throws ApiError: BadRequest (parameters), Expired (410), Timeout (504) for a revision that does not come.
 *
 * @param mayWaitMs so long a question for the newest revision may wait for others that ask it too
 */
export async function list(
  registry: GenericRegistry,
  scope: ListScope,
  options: ListOptions,
  mayWaitMs?: number,
): Promise<ListPage> {
  const place = await placeOf(registry, scope, options, mayWaitMs)
  return page(registry, scope, place, await convertedRecords(registry, scope, place))
}

/** The same without copies of what is read. */
export async function walkList(
  registry: GenericRegistry,
  scope: ListScope,
  options: ListOptions,
  mayWaitMs?: number,
): Promise<ListWalk> {
  const place = await placeOf(registry, scope, options, mayWaitMs)
  return storeErrors(() => new Walker(registry, scope, place))
}

/** What a list reads. */
interface Place {
  readonly prefix: string
  readonly range: KeyRange
  readonly at: Revision
  /** 0: none. */
  readonly limit: number
}

async function placeOf(
  registry: GenericRegistry,
  scope: ListScope,
  options: ListOptions,
  mayWaitMs: number | undefined,
): Promise<Place> {
  const { store } = registry.environment
  const limit = options.resourceVersion === '0' ? 0 : options.limit
  const prefix = scope.namespace === '' ? registry.prefix : `${registry.prefix}${scope.namespace}/`
  if (options.continue !== '') {
    const { start, at } = decodeContinue(options.continue, prefix)
    if (options.resourceVersion !== '' && options.resourceVersion !== '0')
      throw badRequest('specifying resource version is not allowed when using continue')
    if (at === null) await registry.fresh(mayWaitMs)
    else if (at > store.revision) await waitForRevision(registry, at)
    if (at !== null && at < store.compacted) throw expiredToken(encodeContinue({ start, at: null }, prefix))
    return { prefix, range: { ...prefixRange(prefix), start }, at: at ?? store.revision, limit }
  }
  const asked = revisionOf(options.resourceVersion, (why) => badRequest(`invalid resource version: ${why}`))
  if (asked > store.revision) await waitForRevision(registry, asked, decimalOf(options.resourceVersion))
  else if (options.resourceVersion === '') await registry.fresh(mayWaitMs)
  const exact = options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && options.limit > 0)
  const at = asked > 0 && exact ? asked : store.revision
  return { prefix, range: rangeOf(registry, scope, prefix), at, limit }
}

/** All records of a place, made ready, where only that tells which of them are selected. */
async function convertedRecords(
  registry: GenericRegistry,
  { selection }: ListScope,
  { range, at }: Place,
): Promise<readonly StoredRecord[] | undefined> {
  if (selection.fields === undefined || !registry.selectsConverted) return undefined
  const records = storeErrors(() => [...readable(registry.environment.store.scan(range, { at }))])
  await registry.ready(records)
  return records
}

function page(
  registry: GenericRegistry,
  { selection }: ListScope,
  place: Place,
  known: readonly StoredRecord[] | undefined,
): ListPage {
  const { store } = registry.environment
  const { range, at, limit } = place
  const matches = recordMatcher(registry.resource, registry.prefix, selection)
  return storeErrors(() => {
    const scan = known ?? readable(store.scan(range, { at }))
    if (limit <= 0) return { revision: at, records: matches === undefined ? scan : filtered(scan, matches) }
    const records: StoredRecord[] = []
    for (const record of scan) {
      if (records.length === limit)
        return { revision: at, records, ...restOf(registry, place, records.at(-1)!.key, matches !== undefined) }
      if (matches === undefined || matches(record)) records.push(record)
    }
    return { revision: at, records }
  })
}

class Walker implements ListWalk {
  readonly revision: Revision
  readonly isLimited: boolean
  continue: string | undefined
  remainingItemCount: number | undefined
  readonly #registry: GenericRegistry
  readonly #place: Place
  readonly #matches: ((record: StoredRecord) => boolean) | undefined
  readonly #walk: Walk
  #taken = 0
  #last = ''

  constructor(registry: GenericRegistry, { selection }: ListScope, place: Place) {
    const { range, at, limit } = place
    this.#registry = registry
    this.#place = place
    this.revision = at
    this.isLimited = limit > 0
    this.#matches = recordMatcher(registry.resource, registry.prefix, selection)
    this.#walk = registry.environment.store.walk(range, { at })
  }

  step(take: (record: StoredRecord) => boolean): boolean {
    const { limit } = this.#place
    const matches = this.#matches
    return storeErrors(() => {
      let full = false
      const more = this.#walk.step((record) => {
        if (isUnreadable(record)) throw unreadable(record)
        if (limit > 0 && this.#taken === limit) {
          full = true
          return false
        }
        if (matches !== undefined && !matches(record)) return true
        if (++this.#taken === limit) this.#last = record.key
        return take(record)
      })
      if (!full) return more
      this.close()
      Object.assign(this, restOf(this.#registry, this.#place, this.#last, matches !== undefined))
      return false
    })
  }

  close(): void {
    this.#walk.close()
  }
}

/** What is told of the part behind a page that ends with `last`. Upstream does not count what a selector looks at. */
function restOf(
  registry: GenericRegistry,
  { prefix, range, at, limit }: Place,
  last: string,
  selects: boolean,
): { continue: string; remainingItemCount?: number } {
  // Not what comes next now: a list that goes on without its snapshot misses nothing made between the two.
  const next = `${last}\0`
  const point = encodeContinue({ start: next, at }, prefix)
  if (selects) return { continue: point }
  const { store } = registry.environment
  // Of a first page: the store keeps count of whole prefixes.
  if (range.start === prefix && at === store.revision)
    return { continue: point, remainingItemCount: store.count(range) - limit }
  return { continue: point, remainingItemCount: countAt(registry, { start: next, end: range.end }, at) }
}

function storeErrors<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof StoreError ? fromStoreError(error) : error
  }
}

/** One object that cannot be read spoils the list, as upstream has it: who lists relies on its being whole. */
const readable = (scan: Iterable<StoredRecord>): Iterable<StoredRecord> => ({
  *[Symbol.iterator]() {
    for (const record of scan) {
      if (isUnreadable(record)) throw unreadable(record)
      yield record
    }
  },
})

const unreadable = (record: StoredRecord): ApiError =>
  internalError(`unable to transform key ${JSON.stringify(record.key)}: ${record.value.toString()}`)

const filtered = (
  scan: Iterable<StoredRecord>,
  matches: (record: StoredRecord) => boolean,
): Iterable<StoredRecord> => ({
  *[Symbol.iterator]() {
    for (const record of scan) if (matches(record)) yield record
  },
})

function countAt(registry: GenericRegistry, range: KeyRange, at: Revision): number {
  const { store } = registry.environment
  if (at === store.revision) return store.count(range)
  let count = 0
  for (const _ of store.scan(range, { at })) count++
  return count
}

/** One key if the list can hold no other; all of the prefix else. */
function rangeOf(registry: GenericRegistry, { namespace, name }: ListScope, prefix: string): KeyRange {
  if (name === undefined || (registry.resource.namespaced && namespace === '')) return prefixRange(prefix)
  const key = prefix + name
  return { start: key, end: `${key}\0` }
}

/** Tells a client whose snapshot is gone how to go on without it. Source: apiserver pkg/storage/etcd3/errors.go. */
class ExpiredToken extends ApiError {
  constructor(readonly token: string) {
    super(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
        'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
        'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
        'deleted between the time the first chunk was returned and now may show up in the list.',
    )
  }

  override get status(): Status {
    return { ...super.status, metadata: { continue: this.token } }
  }
}

const expiredToken = (token: string): ApiError => new ExpiredToken(token)
