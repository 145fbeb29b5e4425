import type { RequestContext, RequestInfo } from '../http/index.js'
import type { FlowSchema } from './flow.js'
import type { WatchTracker } from './watch-tracker.js'
import { oneSeat, seats, type WorkEstimate } from './work-estimate.js'

/** How many objects a resource has, and how large they are. */
export interface ResourceStats {
  readonly objects: number
  readonly averageBytes: number
}

export interface WorkEstimatorOptions {
  /** @returns undefined for what is not stored here */
  readonly stats: (group: string, resource: string) => ResourceStats | undefined
  readonly watches: WatchTracker
  /** The feature gates of these names. */
  readonly sizeBasedListCostEstimate: boolean
  readonly watchList: boolean
}

const maxMutatingSeats = 10
const objectsPerSeat = 100
const bytesPerSeat = 100_000
/** What a list that is streamed out of memory takes at most, whatever it lists. */
const streamedBytes = 1_000_000
const watchesPerSeat = 10
/** Time that telling a watcher takes. */
const eventMs = 5

/** Estimates the seats of requests. Source: apiserver pkg/util/flowcontrol/request. */
export class WorkEstimator {
  readonly #options: WorkEstimatorOptions

  constructor(options: WorkEstimatorOptions) {
    this.#options = options
  }

  estimate(context: RequestContext, schema: FlowSchema): WorkEstimate {
    const { info } = context
    switch (info.verb) {
      case 'list':
        return this.#list(context, schema)
      case 'watch':
        // What a watch begins with is a list.
        return this.#options.watchList ? this.#list(context, schema) : oneSeat
      case 'create':
      case 'update':
      case 'patch':
      case 'delete':
        return this.#change(info, schema)
      default:
        return oneSeat
    }
  }

  #list(context: RequestContext, { level }: FlowSchema): WorkEstimate {
    const { info } = context
    const atMost = this.#options.sizeBasedListCostEstimate ? 100 : 10
    const most = level.maxSeats === 0 ? atMost : Math.min(level.maxSeats, atMost)
    const query = context.exchange.query === '' ? nothingAsked : listQuery(context.query)
    if (query === undefined) return seats(most)
    if (
      info.verb === 'watch' &&
      !query.sendInitialEvents &&
      query.resourceVersion !== '' &&
      query.resourceVersion !== '0'
    )
      return oneSeat
    const stats = this.#options.stats(info.apiGroup, info.resource)
    if (stats === undefined) return oneSeat
    const fromMemory = info.verb === 'watch' || isFromMemory(query)
    const estimate = this.#options.sizeBasedListCostEstimate ? seatsBySize : seatsByNumber
    return seats(Math.max(1, Math.min(most, estimate(stats, query, fromMemory, info.name !== ''))))
  }

  #change(info: RequestInfo, { level, counts }: FlowSchema): WorkEstimate {
    // A token is an answer, not an object: nobody is told of it.
    if (info.subresource === 'token' && info.resource === 'serviceaccounts') return oneSeat
    const watchers = this.#options.watches.interestedIn(info)
    counts.observer.watchers(watchers)
    if (watchers < watchesPerSeat) return oneSeat
    const most = level.maxSeats === 0 ? maxMutatingSeats : Math.min(level.maxSeats, maxMutatingSeats)
    const ideal = Math.ceil(watchers / watchesPerSeat)
    const finalSeats = Math.min(ideal, most)
    // As much work with fewer seats takes longer.
    return { initialSeats: 1, finalSeats, additionalLatencyMs: (ideal * eventMs) / finalSeats }
  }
}

interface ListParameters {
  readonly limit: number
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly continues: boolean
  readonly selects: boolean
  readonly sendInitialEvents: boolean
}

const nothingAsked: ListParameters = {
  limit: 0,
  resourceVersion: '',
  resourceVersionMatch: '',
  continues: false,
  selects: false,
  sendInitialEvents: false,
}

/** Undefined: the request will be refused for its parameters. */
function listQuery(query: URLSearchParams): ListParameters | undefined {
  const limit = query.get('limit') ?? ''
  if (!/^[+-]?\d*$/.test(limit)) return undefined
  const initial = query.get('sendInitialEvents')
  return {
    limit: Number(limit),
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    continues: Boolean(query.get('continue')),
    selects: Boolean(query.get('fieldSelector')) || Boolean(query.get('labelSelector')),
    sendInitialEvents: initial !== null && initial !== 'false' && initial !== '0',
  }
}

/** Which lists upstream answers from its cache. Source: apiserver pkg/storage/cacher/delegator. */
function isFromMemory({ resourceVersionMatch, continues, limit, resourceVersion }: ListParameters): boolean {
  if (resourceVersionMatch !== '') return resourceVersionMatch === 'NotOlderThan'
  if (continues) return false
  return !(limit > 0 && resourceVersion !== '' && resourceVersion !== '0')
}

const limited = (objects: number, limit: number): number => (limit > 0 && limit < objects ? limit : objects)

function seatsByNumber({ objects }: ResourceStats, query: ListParameters, fromMemory: boolean, one: boolean): number {
  const processed = (): number => {
    if (one) return 1
    if (fromMemory) return objects
    const limit = limited(objects, query.limit)
    return query.selects ? objects + limit : 2 * limit
  }
  return Math.ceil(processed() / objectsPerSeat)
}

function seatsBySize(stats: ResourceStats, query: ListParameters, fromMemory: boolean, one: boolean): number {
  const { objects, averageBytes } = stats
  const limit = limited(objects, query.limit)
  const loaded = one ? 1 : !fromMemory && query.selects ? Math.max(limit, Math.floor(objects / 2)) : limit
  const bytes = loaded * averageBytes
  return Math.ceil((fromMemory ? Math.min(bytes, streamedBytes) : bytes) / bytesPerSeat)
}
