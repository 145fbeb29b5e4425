import { LRUCache } from 'lru-cache'
import { ApiError } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import type { RequestScope } from './scope.js'

export type MediaType =
  | 'application/json'
  | 'application/yaml'
  | 'application/vnd.kubernetes.protobuf'
  | 'application/cbor'

/** What an endpoint can answer with. */
export interface Representations {
  readonly mediaTypes: readonly MediaType[]
  /** Told in 406 answers of routes that also stream (lists). */
  readonly streams: boolean
  /** Which other forms of the object may be asked for with `as=`. */
  readonly transforms: readonly ('Table' | 'PartialObjectMetadata')[]
  /** Media types of the object itself where not all of `mediaTypes` can say it. Default: all. */
  readonly untransformed?: readonly MediaType[]
}

/** How one answer shall look. */
export interface Negotiated {
  readonly mediaType: MediaType
  readonly pretty: boolean
  readonly as?: Transform
}

export interface Transform {
  readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly version: 'v1' | 'v1beta1'
}

export const objectTypes: readonly MediaType[] = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
]
/** All that there are, with CBOR or without. */
interface AllRepresentations {
  readonly object: Representations
  readonly list: Representations
  readonly custom: Representations
  readonly customList: Representations
  readonly tableless: Representations
}

function all(mediaTypes: readonly MediaType[]): AllRepresentations {
  const object: Representations = { mediaTypes, streams: false, transforms: ['Table', 'PartialObjectMetadata'] }
  // A custom resource has no protobuf form, but its metadata has. Source: apiserver handlers/rest.go, AllowsMediaTypeTransform.
  const untransformed = mediaTypes.filter((type) => type !== 'application/vnd.kubernetes.protobuf')
  const custom: Representations = { ...object, untransformed }
  return {
    object,
    list: { ...object, streams: true },
    custom,
    customList: { ...custom, streams: true },
    // What is no object of its own is not shown as a table.
    tableless: { ...object, transforms: ['PartialObjectMetadata'] },
  }
}

const withoutCbor = all(objectTypes)
const withCbor = all([...objectTypes, 'application/cbor'])

/** How an object that has no scope can be answered: a Status. */
export const objectRepresentations = (cbor: boolean): Representations => (cbor ? withCbor : withoutCbor).object

/** How an object of a scope, or a list of such, can be answered. */
export function representationsOf(scope: RequestScope, isList = false): Representations {
  const { object, list, custom, customList, tableless } = scope.environment.cbor ? withCbor : withoutCbor
  if (scope.version.form !== undefined) return isList ? customList : custom
  if (isList) return list
  return hasTable(scope) ? object : tableless
}

/** Upstream: whether the storage is a TableConvertor. */
const hasTable = ({ resource, subresource }: RequestScope): boolean =>
  subresource === undefined
    ? resource.storage !== undefined || resource.virtual?.get !== undefined
    : subresource.name === 'status' || subresource.name === 'scale'

/**
 * Finds the form of an answer in the Accept header and the `pretty` parameter.
 *
 * Two stages, as upstream has them: the web service lets a request in if some media type of the header is literally one of
 * its own or "any"; the negotiation proper then looks at quality and parameters. Throws ApiError NotAcceptable (406), whose
 * text tells which of the two refused.
 *
 * Source: apiserver pkg/endpoints/handlers/negotiation/negotiate.go, emicklei/go-restful.
 */
export function negotiate(context: RequestContext, representations: Representations): Negotiated {
  const { accept = '' } = context.exchange.headers
  const found = negotiateHeader(accept, representations)
  return found.pretty || !wantsPretty(context) ? found : { ...found, pretty: true }
}

/** One clause of an Accept header. */
export interface Clause {
  readonly type: string
  readonly subtype: string
  readonly quality: number
  readonly parameters: ReadonlyMap<string, string>
}

const remembered = new WeakMap<Representations, LRUCache<string, Negotiated>>()

function negotiateHeader(accept: string, representations: Representations): Negotiated {
  let cache = remembered.get(representations)
  if (cache === undefined) {
    cache = new LRUCache({ max: 64 })
    remembered.set(representations, cache)
  }
  let found = cache.get(accept)
  if (found === undefined) {
    found = decide(accept, representations)
    cache.set(accept, found)
  }
  return found
}

function decide(accept: string, representations: Representations): Negotiated {
  const { mediaTypes, streams } = representations
  const served = streams
    ? [...mediaTypes, ...mediaTypes.filter((t) => t !== 'application/yaml').map(watchType)]
    : mediaTypes
  if (representations.untransformed === undefined) admit(accept, served)
  if (accept === '') return { mediaType: mediaTypes[0]!, pretty: false }
  for (const clause of parseAccept(accept)) {
    for (const mediaType of mediaTypes) {
      const [type, subtype] = mediaType.split('/') as [string, string]
      if (!matches(clause, type, subtype)) continue
      const as = transformOf(clause.parameters, mediaType, representations)
      if (as === 'refused') continue
      if (as === undefined && representations.untransformed?.includes(mediaType) === false) continue
      if (clause.parameters.get('stream') !== undefined && mediaType === 'application/yaml') continue
      const pretty = clause.parameters.get('pretty') === '1'
      return as === undefined ? { mediaType, pretty } : { mediaType, pretty, as }
    }
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`)
}

export const watchType = (mediaType: string): string =>
  mediaType === 'application/cbor' ? 'application/cbor-seq' : `${mediaType};stream=watch`

/** Whether a clause of an Accept header names a media type, itself or by a wildcard. */
export function matches(clause: Clause, type: string, subtype: string): boolean {
  if (clause.type === '*') return clause.subtype === '*'
  return clause.type === type && (clause.subtype === subtype || clause.subtype === '*')
}

/** The same for a media type in one piece. */
export function accepts(clause: Clause, mediaType: string): boolean {
  const [type = '', subtype = ''] = mediaType.split('/')
  return matches(clause, type, subtype)
}

/**
 * The web service's own, cruder look at the header: parameters and quality do not count. Throws ApiError NotAcceptable (406).
 *
 * @param served media types of the route, in the order in which a refusal lists them
 */
export function admit(accept: string, served: readonly string[]): void {
  if (accept === '') return
  const bare = new Set(served.map((type) => type.split(';', 1)[0]!))
  for (const item of accept.split(',')) {
    const type = item.split(';', 1)[0]!.trim()
    if (type === '*/*' || bare.has(type)) return
  }
  throw new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${served.join(', ')}`, {})
}

function transformOf(
  parameters: ReadonlyMap<string, string>,
  mediaType: MediaType,
  { transforms }: Representations,
): Transform | undefined | 'refused' {
  const as = parameters.get('as')
  const group = parameters.get('g')
  const version = parameters.get('v')
  if (as === undefined && group === undefined && version === undefined) return undefined
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return 'refused'
  if (as === 'Table')
    return transforms.includes('Table') && mediaType !== 'application/vnd.kubernetes.protobuf'
      ? { kind: as, version }
      : 'refused'
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return transforms.includes('PartialObjectMetadata') ? { kind: as, version } : 'refused'
  return 'refused'
}

/** The clauses of an Accept header, best first. At most 32 are looked at. Malformed ones are skipped. */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = []
  for (const item of header.split(',', 32)) {
    const [mediaType = '', ...rest] = item.split(';').map((part) => part.trim())
    const [type = '', subtype, more] = mediaType.split('/')
    if (more !== undefined || (subtype === undefined && type !== '*')) continue
    const parameters = new Map<string, string>()
    let quality = 1
    for (const parameter of rest) {
      const equals = parameter.indexOf('=')
      if (equals < 0) continue
      const name = parameter.slice(0, equals).trim()
      const value = parameter.slice(equals + 1).trim()
      if (name === 'q') quality = Number.isNaN(Number(value)) ? 1 : Number(value)
      else parameters.set(name, value)
    }
    clauses.push({ type, subtype: subtype ?? '*', quality, parameters })
  }
  return clauses.sort(
    (a, b) =>
      b.quality - a.quality ||
      Number(a.type === '*') - Number(b.type === '*') ||
      Number(a.subtype === '*') - Number(b.subtype === '*'),
  )
}

const people = /^(?:curl|Wget|Mozilla\/5\.0)/

/** The `pretty` parameter, or a client that people use by hand. */
export function wantsPretty(context: RequestContext): boolean {
  if (context.exchange.query.includes('pretty')) {
    const value = context.query.get('pretty') ?? ''
    if (value !== '') return /^(?:1|t|T|true|TRUE|True)$/.test(value)
  }
  return people.test(context.exchange.headers['user-agent'] ?? '')
}
