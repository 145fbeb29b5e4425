import { listEnds, listItemHead, protobufMediaType } from '../../codec/index.js'
import type { RequestContext, ResponseStream } from '../../http/index.js'
import type { ListPage } from '../../registry/index.js'
import type { RequestScope } from '../scope.js'
import { storedMessage } from '../stored-messages.js'
import type { Turnstile } from '../turnstile.js'

/** Bytes of messages that one list holds until its length is known; the rest is made again when it is sent. */
const heldBytes = 16 * 1024 * 1024
/** Bytes between two turns of the event loop while messages are made. */
const turnBytes = 256 * 1024
/** Bytes that are handed to the socket at once. */
const sliceBytes = 512 * 1024

/**
 * Writes a list in protobuf, item by item. A message says first how long it is, so all items are made before the first is
 * sent, but a list that is too long to be held is made twice.
 */
export async function writeBinaryList(
  scope: RequestScope,
  context: RequestContext,
  page: ListPage,
  metadata: object,
): Promise<void> {
  const { turns } = scope.environment
  const held: Buffer[] = []
  let size = 0
  let heldSize = 0
  let isWhole = true
  let turn = 0
  for (const record of page.records) {
    const message = storedMessage(scope, record)
    const head = listItemHead(message.length)
    const bytes = head.length + message.length
    size += bytes
    isWhole &&= heldSize + bytes <= heldBytes
    if (isWhole) {
      held.push(head, message)
      heldSize += bytes
    }
    turn += bytes
    if (turn < turnBytes) continue
    turn = 0
    await turns.pass()
    if (context.signal.aborted) return
  }
  const { apiVersion, listKind: kind } = scope.version
  const { head, tail } = listEnds({ apiVersion, kind }, metadata, size)
  if (size <= sliceBytes) {
    context.exchange.send(200, protobufMediaType, Buffer.concat([head, ...held, tail]))
    return
  }
  const stream = context.exchange.stream(200, protobufMediaType)
  const out = new Slices(stream, turns)
  for (const part of [head, ...held]) if (out.add(part)) await out.flush()
  let skip = held.length / 2
  for (const record of isWhole ? [] : page.records) {
    if (skip-- > 0) continue
    const message = storedMessage(scope, record)
    out.add(listItemHead(message.length))
    if (out.add(message)) await out.flush()
    if (context.signal.aborted) return
  }
  out.add(tail)
  await out.flush()
  stream.end()
}

/** Puts parts together to what is worth a write. */
class Slices {
  #parts: Buffer[] = []
  #size = 0

  constructor(
    readonly stream: ResponseStream,
    readonly turns: Turnstile,
  ) {}

  /** @returns whether it is time to flush */
  add(part: Buffer): boolean {
    this.#parts.push(part)
    this.#size += part.length
    return this.#size >= sliceBytes
  }

  async flush(): Promise<void> {
    await this.turns.pass()
    const ready = this.stream.write(Buffer.concat(this.#parts))
    this.#parts = []
    this.#size = 0
    if (!ready) await this.stream.drained()
  }
}
