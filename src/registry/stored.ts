import type { KubeObject } from '../api/index.js'
import type { Revision, StoredRecord, WriteValue } from '../store/index.js'

/** An object as it came out of a read or a write: its value and its bytes in the storage version. */
export interface Stored {
  readonly object: KubeObject
  readonly bytes: Buffer
  readonly revision: Revision
}

/** What the registry needs of a codec: kept apart so that numbers beyond 2^53 survive. */
export interface ObjectCodec {
  parse(bytes: Buffer): unknown
  encode(value: unknown): Buffer
}

/**
 * Encodes an object once, for the store, for every GET and for every watcher. The resourceVersion is left out: its place
 * is behind uid, as Go writes metadata, and the store fills it in.
 *
 * The members kind, apiVersion and metadata must come first and in this order, and metadata's own in declaration order.
 */
export function encodeForStore(object: KubeObject, index: Buffer, codec: ObjectCodec): WriteValue {
  const { resourceVersion: _, ...metadata } = object.metadata
  const stored = { ...object, metadata }
  const json = codec.encode(stored)
  // Quotes within strings are escaped: the first text like this is the member itself. What comes behind its comma is the next
  // member of metadata (a stored object always has a creationTimestamp).
  const uid = Buffer.from(`"uid":${JSON.stringify(metadata.uid)},`)
  const at = metadata.uid ? json.indexOf(uid) : -1
  return { json, revisionAt: at < 0 ? headLength(object, codec) : at + uid.length, index, object: stored }
}

/** What comes before the second member behind uid, if there is no uid. */
function headLength({ kind, apiVersion, metadata }: KubeObject, codec: ObjectCodec): number {
  const { name, generateName, namespace, selfLink, uid } = metadata
  return codec.encode({ kind, apiVersion, metadata: { name, generateName, namespace, selfLink, uid } }).length - 1
}

/** The bytes of a written value with its revision in place: what the store keeps. */
export function withRevision({ json, revisionAt }: WriteValue, revision: Revision | string): Buffer {
  const member = Buffer.from(`"resourceVersion":"${revision}",`, 'latin1')
  const out = Buffer.allocUnsafe(json.length + member.length)
  json.copy(out, 0, 0, revisionAt)
  member.copy(out, revisionAt)
  json.copy(out, revisionAt + member.length, revisionAt)
  return out
}

export function parseStored(record: StoredRecord, codec: ObjectCodec): KubeObject {
  return codec.parse(record.value) as KubeObject
}
