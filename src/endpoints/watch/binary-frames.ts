import { encodeMessage, watchFrame } from '../../codec/index.js'
import type { Transform } from '../negotiate.js'
import { partialMetadata } from '../partial-metadata.js'
import { type RequestScope, registryOf } from '../scope.js'
import { freshMessage, storedMessage } from '../stored-messages.js'
import { bookmarkObject, type FrameEncoding } from './frame-encoding.js'

/** Events in protobuf, each with its length in front. */
export const binaryEncoding = (scope: RequestScope): FrameEncoding => ({
  object: ({ type, record }) => {
    const message = type === 'DELETED' ? freshMessage(scope, record) : storedMessage(scope, record)
    return watchFrame(type, scope.version, message)
  },
  bookmark: (event) =>
    watchFrame('BOOKMARK', scope.version, encodeMessage(scope.version.shape.ref, bookmarkObject(scope, event))),
  error: errorFrame,
})

/** The same of nothing but the metadata. */
export const binaryMetadataEncoding = (scope: RequestScope, version: Transform['version']): FrameEncoding => {
  const type = { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadata' }
  const message = (object: Parameters<typeof partialMetadata>[0]) =>
    encodeMessage('meta.v1.PartialObjectMetadata', partialMetadata(object, version))
  return {
    object: ({ type: event, record }) => watchFrame(event, type, message(scope.show(registryOf(scope).parse(record)))),
    bookmark: (event) => watchFrame('BOOKMARK', type, message(bookmarkObject(scope, event))),
    error: errorFrame,
  }
}

const errorFrame = (status: unknown): Buffer =>
  watchFrame('ERROR', { apiVersion: 'v1', kind: 'Status' }, encodeMessage('meta.v1.Status', status as object))
