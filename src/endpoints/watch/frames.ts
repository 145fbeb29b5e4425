import type { KubeObject } from '../../api/index.js'
import { cborWatchEvent, encodeJson } from '../../codec/index.js'
import type { ObjectEvent, WatchEvent } from '../../hub/index.js'
import type { StoredRecord } from '../../store/index.js'
import type { MediaType, Transform } from '../negotiate.js'
import { partialMetadata } from '../partial-metadata.js'
import { type RequestScope, registryOf } from '../scope.js'
import { type TableRequest, tableOf } from '../table.js'
import { binaryEncoding, binaryMetadataEncoding } from './binary-frames.js'
import { bookmarkObject, type FrameEncoding } from './frame-encoding.js'

/** Frames of a watch in the order in which they are sent: a Table's first has the column definitions. */
export class Framer {
  #first = true

  constructor(
    readonly head: FrameEncoding,
    readonly rest: FrameEncoding,
    /** Present where records have to be made ready before they can be framed. */
    readonly ready?: (records: readonly StoredRecord[]) => Promise<void> | undefined,
  ) {}

  /** Whether no event can be shown: the first ends the watch, as upstream's does that cannot be encoded. */
  get isMute(): boolean {
    return this.rest === nothing
  }

  frame(event: WatchEvent): Buffer {
    const encoding = this.#next()
    return event.type === 'BOOKMARK'
      ? event.frame(encoding, (bookmark) => encoding.bookmark(bookmark))
      : event.frame(encoding, (object: ObjectEvent) => encoding.object(object))
  }

  /** All of them as one buffer; of an array that watchers share, it is put together once for each form. */
  frames(events: readonly WatchEvent[]): Buffer {
    if (events.length === 1) return this.frame(events[0]!)
    if (this.head !== this.rest) return Buffer.concat(events.map((event) => this.frame(event)))
    const known = joined.get(events)
    if (known?.encoding === this.rest) return known.bytes
    const bytes = Buffer.concat(events.map((event) => this.frame(event)))
    if (known === undefined) joined.set(events, { encoding: this.rest, bytes })
    return bytes
  }

  initial(record: StoredRecord): Buffer {
    return this.#next().object({ type: 'ADDED', record })
  }

  error(status: unknown): Buffer {
    return this.rest.error(status)
  }

  #next(): FrameEncoding {
    if (!this.#first) return this.rest
    this.#first = false
    return this.head
  }
}

/** By the array of events, which the hub makes anew for every delivery. */
const joined = new WeakMap<readonly WatchEvent[], { readonly encoding: FrameEncoding; readonly bytes: Buffer }>()

const readyOf = (scope: RequestScope): Framer['ready'] => {
  const registry = registryOf(scope)
  return registry.converts ? (records) => registry.ready(records) : undefined
}

const remembered = new WeakMap<RequestScope, Map<string, FrameEncoding>>()
const shared = new WeakMap<FrameEncoding, Framer>()

/** The framer of all watchers of one encoding: only a Table's first frame differs from the others. */
function sharedFramer(encoding: FrameEncoding, ready?: Framer['ready']): Framer {
  let framer = shared.get(encoding)
  if (framer === undefined) {
    framer = new Framer(encoding, encoding, ready)
    shared.set(encoding, framer)
  }
  return framer
}

/** The encoding of a scope in one form, made once. Tables are in JSON. */
export function framerFor(
  scope: RequestScope,
  as: Transform | undefined,
  table: TableRequest | undefined,
  mediaType: MediaType,
): Framer {
  let encodings = remembered.get(scope)
  if (encodings === undefined) {
    encodings = new Map()
    remembered.set(scope, encodings)
  }
  const at = (key: string, make: () => FrameEncoding): FrameEncoding => {
    let found = encodings.get(key)
    if (found === undefined) {
      found = make()
      encodings.set(key, found)
    }
    return found
  }
  const write: WriteEvent = mediaType === 'application/cbor' ? cborWatchEvent : line
  if (table !== undefined) {
    const key = `${mediaType}/${table.version}/${table.includeObject}`
    const head = at(`${key}/head`, () => tableEncoding(scope, table, true, write))
    return new Framer(
      head,
      at(key, () => tableEncoding(scope, table, false, write)),
      readyOf(scope),
    )
  }
  if (as?.kind === 'PartialObjectMetadataList') return sharedFramer(nothing)
  if (mediaType === 'application/vnd.kubernetes.protobuf') {
    const binary =
      as === undefined
        ? at('binary', () => binaryEncoding(scope))
        : at(`binary/${as.version}`, () => binaryMetadataEncoding(scope, as.version))
    return sharedFramer(binary)
  }
  const plain =
    as === undefined
      ? at(mediaType, () =>
          scope.asStored && write === line ? storedEncoding(scope) : shownEncoding(scope, (object) => object, write),
        )
      : at(`${mediaType}/${as.version}`, () =>
          shownEncoding(scope, (object) => partialMetadata(object, as.version), write),
        )
  return sharedFramer(plain, readyOf(scope))
}

const heads = new Map(
  ['ADDED', 'MODIFIED', 'DELETED'].map((type) => [type, Buffer.from(`{"type":"${type}","object":`)]),
)
const tail = Buffer.from('}\n')

/** Events are no lists: who asks for lists of metadata hears nothing, as upstream has it. */
const nothing: FrameEncoding = {
  object: () => Buffer.alloc(0),
  bookmark: () => Buffer.alloc(0),
  error: errorLine,
}

/** The stored bytes, with the event around them. */
const storedEncoding = (scope: RequestScope): FrameEncoding => {
  const registry = registryOf(scope)
  return {
    object: ({ type, record }) =>
      registry.isCurrent(record)
        ? Buffer.concat([heads.get(type)!, record.value, tail])
        : line(type, registry.parse(record)),
    bookmark: (event) => line('BOOKMARK', bookmarkObject(scope, event)),
    error: errorLine,
  }
}

const shownEncoding = (
  scope: RequestScope,
  form: (object: KubeObject) => KubeObject,
  write: WriteEvent,
): FrameEncoding => ({
  object: ({ type, record }) => write(type, form(scope.show(registryOf(scope).parse(record)))),
  bookmark: (event) => write('BOOKMARK', form(bookmarkObject(scope, event))),
  error: (status) => write('ERROR', status),
})

const tableEncoding = (
  scope: RequestScope,
  table: TableRequest,
  headers: boolean,
  write: WriteEvent,
): FrameEncoding => {
  const now = () => ({ ...table, now: scope.environment.now() })
  return {
    object: ({ type, record }) => {
      const object = registryOf(scope).parse(record)
      return write(type, tableOf(scope, now(), [object], { resourceVersion: String(record.revision) }, headers))
    },
    bookmark: (event) => {
      const object = bookmarkObject(scope, event)
      return write('BOOKMARK', tableOf(scope, now(), [object], { resourceVersion: String(event.revision) }, headers))
    },
    error: (status) => write('ERROR', status),
  }
}

function errorLine(status: unknown): Buffer {
  return line('ERROR', status)
}

/** An event as the bytes of a frame. */
type WriteEvent = (type: string, object: unknown) => Buffer

const line = (type: string, object: unknown): Buffer => Buffer.concat([encodeJson({ type, object }), newline])
const newline = Buffer.from('\n')
