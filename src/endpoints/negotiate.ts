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
  /** Which other forms of the object may be asked for with `as=`. */
  readonly transforms: readonly ('Table' | 'PartialObjectMetadata')[]
  /** Media types of the object itself where not all of `mediaTypes` can say it. Default: all. */
  readonly untransformed?: readonly MediaType[]
  /** The web service looks at the header first, and tells these where it refuses. Absent: no web service is in front. */
  readonly routed?: readonly string[]
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
  readonly status: Representations
  readonly text: Representations
  readonly object: Representations
  readonly list: Representations
  readonly custom: Representations
  readonly tableless: Representations
}

function all(mediaTypes: readonly MediaType[]): AllRepresentations {
  const both: Representations = { mediaTypes, transforms: ['Table', 'PartialObjectMetadata'] }
  const object: Representations = { ...both, routed: mediaTypes }
  const metadata = ['PartialObjectMetadata'] as const
  // A custom resource has no protobuf form, but its metadata has. Source: apiserver handlers/rest.go, AllowsMediaTypeTransform.
  const untransformed = mediaTypes.filter((type) => type !== 'application/vnd.kubernetes.protobuf')
  const custom: Representations = { ...both, untransformed }
  const streams = mediaTypes.filter((t) => t !== 'application/yaml').map(watchType)
  return {
    status: { mediaTypes, transforms: [] },
    text: { ...both, transforms: metadata, routed: ['text/plain', ...mediaTypes] },
    object,
    list: { ...object, routed: [...mediaTypes, ...streams] },
    custom,
    // What is no object of its own is not shown as a table.
    tableless: { ...object, transforms: metadata },
  }
}

const withoutCbor = all(objectTypes)
const withCbor = all([...objectTypes, 'application/cbor'])

/** How an error can be answered: a Status, as nothing else. */
export const statusRepresentations = (cbor: boolean): Representations => (cbor ? withCbor : withoutCbor).status

/** How a stream of text can be asked for, which says nothing of how it looks. */
export const textRepresentations = (cbor: boolean): Representations => (cbor ? withCbor : withoutCbor).text

/** How an object of a scope, or a list of such, can be answered. */
export function representationsOf(scope: RequestScope, isList = false): Representations {
  const { object, list, custom, tableless } = scope.environment.cbor ? withCbor : withoutCbor
  if (scope.resource.itemsKeepTypeMeta === true) return custom
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
  const { mediaTypes, routed } = representations
  if (routed !== undefined) admit(accept, routed)
  if (accept === '') return { mediaType: mediaTypes[0]!, pretty: false }
  for (const clause of parseAccept(accept)) {
    for (const mediaType of mediaTypes) {
      const [type, subtype] = mediaType.split('/') as [string, string]
      if (!matches(clause, type, subtype)) continue
      const as = transformOf(clause.parameters, mediaType, representations)
      if (as === 'refused') continue
      if (as === undefined && representations.untransformed?.includes(mediaType) === false) continue
      if (!isServed(clause.parameters, mediaType, representations)) continue
      const pretty = clause.parameters.get('pretty') === '1'
      return as === undefined ? { mediaType, pretty } : { mediaType, pretty, as }
    }
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`)
}

/** Whether it comes as that stream, and for that version of the meta types: objects know one of each, errors no version. */
function isServed(
  parameters: ReadonlyMap<string, string>,
  mediaType: MediaType,
  { transforms }: Representations,
): boolean {
  const stream = parameters.get('stream') ?? ''
  const version = parameters.get('sv') ?? ''
  return (
    (stream === '' || (stream === 'watch' && mediaType !== 'application/yaml')) &&
    (version === '' || (version === 'v1' && transforms.length > 0))
  )
}

export function watchType(mediaType: string): string {
  return mediaType === 'application/cbor' ? 'application/cbor-seq' : `${mediaType};stream=watch`
}

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
    return transforms.includes('Table') && (mediaType === 'application/json' || mediaType === 'application/yaml')
      ? { kind: as, version }
      : 'refused'
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return transforms.includes('PartialObjectMetadata') ? { kind: as, version } : 'refused'
  return 'refused'
}

/**
 * The clauses of an Accept header, best first. At most 32 are looked at. Malformed ones are skipped; a quality that is no
 * number is 0. Source: munnerz/goautoneg.
 */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = []
  for (const item of header.split(',', 32)) {
    const [mediaType = '', ...rest] = item.split(';')
    const [type = '', subtype = '', more = ''] = mediaType.split('/').map(trimmed)
    if (more !== '' || (subtype === '' && type !== '*')) continue
    const parameters = new Map<string, string>()
    let quality = 1
    for (const parameter of rest) {
      const [name = '', value = '', ...others] = parameter.split('=')
      if (value === '' || others.length > 0) continue
      if (trimmed(name) === 'q') quality = qualityOf(value)
      else parameters.set(trimmed(name), trimmed(value))
    }
    clauses.push({ type, subtype: subtype === '' ? '*' : subtype, quality, parameters })
  }
  return sorted(clauses)
}

const trimmed = (text: string): string => text.replace(/^ +| +$/g, '')

const qualityOf = (text: string): number =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : 0

/**
 * By insertion, as Go's sort does it with a dozen: "before" is no order in the sense of mathematics (a wildcard of high quality
 * and an exact type of low quality are each before the other), so that the way of sorting decides.
 */
function sorted(clauses: Clause[]): Clause[] {
  for (let i = 1; i < clauses.length; i++) {
    for (let j = i; j > 0 && isBefore(clauses[j]!, clauses[j - 1]!); j--) {
      const clause = clauses[j]!
      clauses[j] = clauses[j - 1]!
      clauses[j - 1] = clause
    }
  }
  return clauses
}

const isBefore = (a: Clause, b: Clause): boolean =>
  a.quality > b.quality || (a.type !== '*' && b.type === '*') || (a.subtype !== '*' && b.subtype === '*')

const people = /^(?:curl|Wget|Mozilla\/5\.0)/

/** The `pretty` parameter, or a client that people use by hand. */
export function wantsPretty(context: RequestContext): boolean {
  if (context.exchange.query.includes('pretty')) {
    const value = context.query.get('pretty') ?? ''
    if (value !== '') return /^(?:1|t|T|true|TRUE|True)$/.test(value)
  }
  return people.test(context.exchange.headers['user-agent'] ?? '')
}
