import { ApiError } from '../../api/index.js'
import type { RequestContext, ResponseStream } from '../../http/index.js'
import {
  decimalOf,
  type GenericRegistry,
  list as listRecords,
  recordMatcher,
  revisionOf,
  waitForRevision,
} from '../../registry/index.js'
import { type StoredRecord, StoreError } from '../../store/index.js'
import { type MediaType, type Negotiated, watchType } from '../negotiate.js'
import type { ListQuery } from '../query-options.js'
import { type RequestScope, registryOf } from '../scope.js'
import type { Selected } from '../selectors.js'
import { tableRequest } from '../table.js'
import type { Turnstile } from '../turnstile.js'
import { type Framer, framerFor } from '../watch/frames.js'
import { WatchSession } from '../watch/watch-session.js'
import { upgradeToWebSocket } from '../watch/web-socket.js'

const streamed: readonly MediaType[] = ['application/json', 'application/vnd.kubernetes.protobuf']
const streamedWithCbor: readonly MediaType[] = [...streamed, 'application/cbor']

/**
 * Streams the changes of a collection or of one object, one JSON document a line or protobuf message a frame (over a
 * WebSocket: one a message).
 *
 * Without a resourceVersion, or from "0", what is there comes first, as ADDED events of one snapshot; then every change after
 * it. From a revision: every change after it. A revision that is no longer held is told as an ERROR event.
 *
 * Returns once the watch is set up: thousands of them wait for years, and whatever a promise keeps alive is kept for each.
 */
export async function watch(
  scope: RequestScope,
  context: RequestContext,
  options: ListQuery,
  selected: Selected,
  negotiated: Negotiated,
): Promise<void> {
  const registry = registryOf(scope)
  const after = revisionOf(options.resourceVersion)
  const types = scope.environment.cbor ? streamedWithCbor : streamed
  if (!types.includes(negotiated.mediaType))
    throw new ApiError(
      'NotAcceptable',
      `only the following media types are accepted: ${types.map(watchType).join(', ')}`,
    )
  const { as } = negotiated
  const table = as?.kind === 'Table' ? tableRequest(scope, context, as.version) : undefined
  const framer = framerFor(scope, as, table, negotiated.mediaType)
  const isJson = negotiated.mediaType === 'application/json'
  const contentType = isJson ? negotiated.mediaType : watchType(negotiated.mediaType)
  const upgraded = await upgradeToWebSocket(context, !isJson)
  if (upgraded === 'refused') return
  const stream = upgraded ?? context.exchange.stream(200, contentType)
  const session = new WatchSession(context, stream, framer, scope.environment)
  if ((options.timeoutSeconds ?? 0) < 0) return session.end()
  try {
    if (options.resourceVersion === '') await registry.fresh()
    // Without initial events and without a revision, from now on.
    let from = after === 0 ? registry.environment.store.revision : after
    const { since = 0 } = registry.storage.form ?? {}
    if (options.sendInitialEvents !== true && from < since) throw expired(after, since)
    if (options.sendInitialEvents === true) {
      if (after > registry.environment.store.revision)
        await waitForRevision(registry, after, decimalOf(options.resourceVersion))
      from = await sendInitial(registry, context, options, selected, framer, stream, session, scope.environment.turns)
    }
    session.follow(
      { ...place(registry, context, selected), after: from, bookmarks: options.allowWatchBookmarks },
      registry.selectsConverted && selected.selection.fields !== undefined,
      options.sendInitialEvents === true && options.allowWatchBookmarks && options.marksEnd !== false,
      timeoutOf(scope, options),
    )
    context.watchStarted?.()
    context.release()
  } catch (error) {
    session.fail(statusOf(error, after, registry))
  }
}

/** Sends what is there now. @returns the revision that the snapshot is of */
async function sendInitial(
  registry: GenericRegistry,
  context: RequestContext,
  { resourceVersion }: ListQuery,
  selected: Selected,
  framer: Framer,
  stream: ResponseStream,
  session: WatchSession,
  turns: Turnstile,
): Promise<number> {
  const known = resourceVersion === '' ? '' : '0'
  const everything = { resourceVersion: known, resourceVersionMatch: '', limit: 0, continue: '' }
  const page = await listRecords(registry, { namespace: namespaceOf(registry, context), ...selected }, everything)
  const records = registry.converts ? [...page.records] : page.records
  if (registry.converts) await registry.ready(records as readonly StoredRecord[])
  let frames: Buffer[] = []
  let size = 0
  for (const record of records) {
    if (framer.isMute) {
      session.end()
      break
    }
    const frame = framer.initial(record)
    frames.push(frame)
    session.sent(1)
    size += frame.length
    if (size < 256 * 1024) continue
    const ready = stream.write(Buffer.concat(frames))
    frames = []
    size = 0
    if (!ready) await stream.drained()
    await turns.pass()
    if (session.isOver) break
  }
  if (frames.length > 0) stream.write(Buffer.concat(frames))
  return page.revision
}

const namespaceOf = ({ resource }: GenericRegistry, { info }: RequestContext): string =>
  resource.namespaced ? info.namespace : ''

function place(registry: GenericRegistry, context: RequestContext, { selection, name }: Selected) {
  const { resource, prefix } = registry
  const namespace = namespaceOf(registry, context)
  const matches = recordMatcher(resource, prefix, selection)
  const onlyKey = name !== undefined && (!resource.namespaced || namespace !== '')
  return {
    prefix,
    ...(onlyKey
      ? { key: registry.key(namespace, name) }
      : namespace === ''
        ? {}
        : { within: `${prefix}${namespace}/` }),
    ...(matches === undefined ? {} : { matches }),
  }
}

function timeoutOf({ environment }: RequestScope, { timeoutSeconds }: ListQuery): number {
  if (timeoutSeconds !== undefined && timeoutSeconds > 0) return timeoutSeconds * 1000
  // Whole seconds: the runtime keeps a list for each length of timer.
  return Math.round((environment.minRequestTimeoutMs / 1000) * (1 + environment.random())) * 1000
}

function statusOf(error: unknown, after: number, registry: GenericRegistry): unknown {
  if (error instanceof ApiError) return error.status
  if (error instanceof StoreError && error.code === 'Compacted')
    return expired(after, registry.environment.store.compacted).status
  throw error
}

const expired = (after: number, oldest: number): ApiError =>
  new ApiError('Expired', `too old resource version: ${after} (${oldest})`)
