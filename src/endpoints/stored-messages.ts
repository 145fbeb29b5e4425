import { LRUCache } from 'lru-cache'
import { encodeMessage } from '../codec/index.js'
import type { StoredRecord } from '../store/index.js'
import { type EndpointEnvironment, type RequestScope, registryOf } from './scope.js'

/** Bytes of messages that are kept for the next reader. */
const keptBytes = 32 * 1024 * 1024

interface Kept {
  readonly revision: number
  readonly message: Buffer
}

const kept = new WeakMap<EndpointEnvironment, LRUCache<string, Kept>>()

/**
 * A stored object, as the scope shows it, as a protobuf message: made once for all lists and watchers while it is wanted. Not
 * for what a DELETED event shows, which is the object as it was, at the revision of the change.
 */
export function storedMessage(scope: RequestScope, record: StoredRecord): Buffer {
  const { environment, version } = scope
  let cache = kept.get(environment)
  if (cache === undefined) {
    cache = new LRUCache({ maxSize: keptBytes, sizeCalculation: ({ message }) => message.length + 200 })
    kept.set(environment, cache)
  }
  const key = `${version.apiVersion} ${version.kind} ${record.key}`
  const found = cache.get(key)
  if (found?.revision === record.revision) return found.message
  const message = freshMessage(scope, record)
  cache.set(key, { revision: record.revision, message })
  return message
}

/** The same, made now and not kept. */
export const freshMessage = (scope: RequestScope, record: StoredRecord): Buffer =>
  encodeMessage(scope.version.shape.ref, scope.show(registryOf(scope).parse(record)))
