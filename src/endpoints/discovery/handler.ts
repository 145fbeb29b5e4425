import { ApiError } from '../../api/index.js'
import { type Handler, type RequestContext, withoutLastSlashes } from '../../http/index.js'
import { catalog } from '../../registry/index.js'
import { admit, type Clause, matches, parseAccept, wantsPretty } from '../negotiate.js'
import type { DiscoveryDocument, DiscoveryDocuments } from './documents.js'
import { encodeDocument, type Form, forms, formsWithCbor } from './encode.js'

const aggregatedSuffix = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/**
 * The handler of a discovery path (`/api`, `/apis`, `/apis/<group>`, `/api/v1`, `/apis/<group>/<version>`, with or without
 * slashes at the end), or undefined if the path is not one of those or names a group that does not exist. An unknown version of
 * a built-in group is ours: it is refused as JSON where an unknown group is the plain text of "not found".
 *
 * The two kinds of endpoint differ as upstream's do: `/apis`, `/apis/<group>` and the versions of custom resources take any
 * method and look at the Accept header once, the others are GET alone. CBOR is spoken by those that list built-in
 * resources.
 */
export function discoveryHandler(documents: DiscoveryDocuments, path: string): Handler | undefined {
  if (path.startsWith('/apis//')) return undefined
  const [, prefix, group, version, ...rest] = withoutLastSlashes(path).split('/')
  if (rest.length > 0) return undefined
  if (prefix === 'api') {
    if (version !== undefined) return undefined
    if (group === undefined) return rooted(documents.apiVersions(), () => documents.aggregated(true))
    const list = documents.resourceList('', group)
    return list === undefined ? unknownVersion : restful(list, documents.cbor)
  }
  if (prefix !== 'apis') return undefined
  if (group === undefined) return path.endsWith('/') ? listed(documents) : root(documents)
  if (version === undefined) {
    const document = documents.group(group)
    return document === undefined ? undefined : (context) => answer(context, document, forms)
  }
  const builtIn = catalog.some((entry) => entry.group === group)
  const list = documents.resourceList(group, version)
  if (list === undefined) return builtIn && documents.group(group) !== undefined ? unknownVersion : undefined
  if (builtIn) return restful(list, documents.cbor)
  return (context) => answer(context, list, forms)
}

/** `/apis/`: any method. */
const listed =
  (documents: DiscoveryDocuments): Handler =>
  (context) =>
    answer(context, documents.groupList(), forms)

/** `/apis`: any method, and the aggregated form. */
const root =
  (documents: DiscoveryDocuments): Handler =>
  (context) =>
    wantsAggregated(context)
      ? answerAggregated(context, documents.aggregated(false))
      : answer(context, documents.groupList(), forms)

/** `/api`: GET alone, and the aggregated form. */
const rooted =
  (plain: DiscoveryDocument, aggregated: () => DiscoveryDocument): Handler =>
  (context) => {
    checkRoute(context, forms)
    return wantsAggregated(context) ? answerAggregated(context, aggregated()) : answer(context, plain, forms)
  }

function restful(document: DiscoveryDocument, cbor: boolean): Handler {
  const offered = cbor ? formsWithCbor : forms
  return (context) => {
    checkRoute(context, offered)
    return answer(context, document, offered)
  }
}

const unknownVersion: Handler = () => {
  throw new ApiError('NotFound', 'the server could not find the requested resource', {})
}

/** What go-restful checks before a handler runs: the method, and the bare media types of the Accept header. */
function checkRoute({ exchange }: RequestContext, offered: readonly Form[]): void {
  if (exchange.method !== 'GET') {
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
  }
  admit(exchange.headers.accept ?? '', mediaTypesOf(offered))
}

const mediaTypesOf = (offered: readonly Form[]): string[] => offered.map(({ mediaType }) => mediaType)

type ClauseRule = (clause: Clause) => boolean

const conversion = ['as', 'g', 'v']
const allowed = (params: ReadonlyMap<string, string>): boolean =>
  ['', 'watch'].includes(params.get('stream') ?? '') && (params.get('sv') ?? '') === ''

const plainClause: ClauseRule = ({ parameters }) =>
  allowed(parameters) && !conversion.some((key) => parameters.has(key))
const aggregatedClause: ClauseRule = ({ parameters }) =>
  allowed(parameters) &&
  parameters.get('as') === 'APIGroupDiscoveryList' &&
  parameters.get('g') === 'apidiscovery.k8s.io' &&
  parameters.get('v') === 'v2'

const wantsAggregated = (context: RequestContext): boolean => negotiate(context, aggregatedClause) !== undefined

interface Negotiated {
  readonly form: Form
  readonly pretty: boolean
}

function negotiate(
  { exchange }: RequestContext,
  rule: ClauseRule,
  offered: readonly Form[] = forms,
): Negotiated | undefined {
  const accept = exchange.headers.accept
  if (accept === undefined || accept === '') {
    return rule === plainClause ? { form: offered[0]!, pretty: false } : undefined
  }
  for (const clause of parseAccept(accept)) {
    if (!rule(clause)) continue
    const form = offered.find(({ mediaType }) => matches(clause, 'application', mediaType.slice('application/'.length)))
    if (form !== undefined) return { form, pretty: clause.parameters.get('pretty') === '1' }
  }
  return undefined
}

function answer(context: RequestContext, document: DiscoveryDocument, offered: readonly Form[]): Promise<void> | void {
  const found = negotiate(context, plainClause, offered)
  if (found === undefined) {
    const accepted = mediaTypesOf(offered).join(', ')
    throw new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted}`)
  }
  return send(context, document, found, found.form.mediaType)
}

function answerAggregated(context: RequestContext, document: DiscoveryDocument): Promise<void> | void {
  const found = negotiate(context, aggregatedClause)!
  const { exchange } = context
  const etag = `"${document.hash}"`
  exchange.header('etag', etag)
  exchange.header('vary', 'Accept')
  exchange.header('cache-control', 'public')
  if (exchange.headers['if-none-match'] === etag) return exchange.send(304, '', '')
  return send(context, document, found, found.form.mediaType + aggregatedSuffix)
}

function send(
  context: RequestContext,
  document: DiscoveryDocument,
  { form, pretty }: Negotiated,
  contentType: string,
): Promise<void> | void {
  context.audit?.responseObject(() => document.json)
  const body = encodeDocument(document, form, pretty || wantsPretty(context))
  if (Buffer.isBuffer(body)) return context.exchange.send(200, contentType, body)
  return body.then((bytes) => context.exchange.send(200, contentType, bytes))
}
