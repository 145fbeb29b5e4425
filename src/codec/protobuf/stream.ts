import { writeNested } from './encode.js'
import { type KindAndVersion, writeRawHead, writeSealed, writeTail } from './envelope.js'
import { messageType } from './message-type.js'
import { written } from './writer.js'

/**
 * One event of a watch: the length in four bytes, then a WatchEvent whose object is in an envelope of its own. Source:
 * apimachinery pkg/util/framer, apiserver pkg/endpoints/handlers/watch.go.
 *
 * @param message the object, without envelope
 */
export function watchFrame(event: string, type: KindAndVersion, message: Buffer): Buffer {
  return written((writer) => {
    writeSealed(writer, type, message)
    writer.reserve()
    writer.uint32(writer.length)
    writer.byte(0x0a)
    writer.uint32(writer.length)
    writer.byte(0x12)
    writer.string(event)
    writer.byte(0x0a)
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32BE(writer.length)
    writer.raw(size)
  })
}

/** What stands before and behind the items of a list, which are written one by one: `listItemHead`, then the item's message. */
export interface ListEnds {
  readonly head: Buffer
  readonly tail: Buffer
}

/**
 * @param itemBytes how long all items with their heads are
 */
export function listEnds(type: KindAndVersion, metadata: object, itemBytes: number): ListEnds {
  const listMeta = written((writer) => {
    writeNested(writer, messageType('meta.v1.ListMeta'), metadata)
    writer.byte(0x0a)
  })
  return {
    head: Buffer.concat([written((writer) => writeRawHead(writer, type, listMeta.length + itemBytes)), listMeta]),
    tail: written(writeTail),
  }
}

/** Tag and length of an item. */
export function listItemHead(length: number): Buffer {
  return written((writer) => {
    writer.uint32(length)
    writer.byte(0x12)
  })
}
