import type { KubeObject } from '../../api/index.js'
import { encodeJson } from '../../codec/index.js'
import { BufferPool, type RequestContext, type ResponseStream } from '../../http/index.js'
import type { ListPage, ListWalk } from '../../registry/index.js'
import type { StoredRecord } from '../../store/index.js'
import { type RequestScope, registryOf } from '../scope.js'
import { ItemSlices, type Slice } from './item-slices.js'

export interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** What of a list its metadata is made of. */
export type Listed = Pick<ListWalk, 'revision' | 'continue' | 'remainingItemCount'>

export const listMetadata = (page: Listed): ListMetadata => ({
  resourceVersion: String(page.revision),
  ...(page.continue === undefined ? {} : { continue: page.continue }),
  ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
})

/** Room for what stands before the items of a list whose `continue` is known only behind them. */
const headRoom = 4096
/** A list of up to so many bytes goes out whole, and may be compressed. */
const wholeBytes = 512 * 1024
/** Slices of a limited list that are put together in one turn of the event loop: 2 MiB, in somewhat more than a millisecond. */
const slicesATurn = 4

/**
 * Writes a list by putting the stored bytes one after the other, type meta sliced off the front. A long one goes slice by
 * slice, in turns with all others that are written; one with a limit is read to its end first, as its head says whether
 * there is more.
 */
export async function writeJsonList(scope: RequestScope, context: RequestContext, walk: ListWalk): Promise<void> {
  const { exchange } = context
  const { turns, buffers } = scope.environment
  const { isLimited } = walk
  const slices = new ItemSlices(buffers, isLimited ? headRoom : 0)
  const put = itemWriter(scope, slices)
  let stream: ResponseStream | undefined
  const write = async (slice: Slice): Promise<boolean> => {
    stream ??= exchange.stream(200, 'application/json')
    if (!stream.write(slice.bytes, () => slices.free(slice))) await stream.drained()
    return !context.signal.aborted
  }
  try {
    if (!isLimited) slices.put(Buffer.from(envelope(scope, walk).head))
    await turns.enter()
    for (let steps = 1; walk.step(put); steps++) {
      if (isLimited && steps % slicesATurn !== 0) continue
      await turns.pass()
      if (context.signal.aborted) return
      if (isLimited) continue
      for (const slice of slices.takeFull()) if (!(await write(slice))) return
    }
    const { head, tail } = envelope(scope, walk)
    const rest = slices.finish(isLimited ? Buffer.from(head) : nothing, Buffer.from(`${tail}\n`))
    const [only] = rest
    if (stream === undefined && rest.length === 1 && only!.bytes.length <= wholeBytes) {
      exchange.send(200, 'application/json', Buffer.from(only!.bytes))
      slices.free(only!)
      return
    }
    for (const slice of rest) if (!(await write(slice))) return
    stream?.end()
  } finally {
    walk.close()
    slices.discard()
  }
}

/** The same in one piece, for the audit log. */
export function wholeList(scope: RequestScope, page: ListPage): Buffer {
  const { head, tail } = envelope(scope, page)
  const slices = new ItemSlices(new BufferPool())
  const put = itemWriter(scope, slices)
  slices.put(Buffer.from(head))
  for (const record of page.records) put(record)
  return Buffer.concat(slices.finish(nothing, Buffer.from(tail)).map(({ bytes }) => bytes))
}

/** A list that has been read, in steps. */
export function walkOf(page: ListPage): ListWalk {
  const records = page.records[Symbol.iterator]()
  return {
    ...page,
    isLimited: false,
    step(take) {
      for (let next = records.next(); !next.done; next = records.next()) if (!take(next.value)) return true
      return false
    },
    close: () => records.return?.(),
  }
}

const nothing = Buffer.alloc(0)

/** What stands before and behind the items. Lists of custom resources are maps to Go: keys sorted, `continue` always there. */
function envelope({ resource, version }: RequestScope, page: Listed): { head: string; tail: string } {
  const { listKind: kind, apiVersion } = version
  const metadata = listMetadata(page)
  if (resource.itemsKeepTypeMeta !== true)
    return { head: `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`, tail: ']}' }
  const { resourceVersion, remainingItemCount } = metadata
  const sorted = { continue: page.continue ?? '', remainingItemCount, resourceVersion }
  return {
    head: `${JSON.stringify({ apiVersion }).slice(0, -1)},"items":[`,
    tail: `],${JSON.stringify({ kind, metadata: sorted }).slice(1)}`,
  }
}

/** Items of a typed list do not repeat their kind and apiVersion. */
export function bare(scope: RequestScope, object: KubeObject): Omit<KubeObject, 'metadata'> {
  if (scope.resource.itemsKeepTypeMeta) return object
  const { kind: _, apiVersion: __, ...rest } = object
  return rest
}

/** Adds records as items: what is stored as it is shown goes without being read. */
function itemWriter(scope: RequestScope, slices: ItemSlices): (record: StoredRecord) => boolean {
  const { version, resource, asStored } = scope
  const { kind, apiVersion } = version
  const registry = registryOf(scope)
  const typeMeta = resource.itemsKeepTypeMeta ? 1 : Buffer.byteLength(JSON.stringify({ kind, apiVersion }))
  return (record) =>
    asStored && registry.isCurrent(record)
      ? slices.add(record.value, typeMeta)
      : slices.add(encodeJson(bare(scope, scope.show(registry.parse(record)))), 1)
}
