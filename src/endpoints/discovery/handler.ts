import { ApiError } from '../../api/index.js'
import type { Handler, RequestContext } from '../../http/index.js'
import { catalog } from '../../registry/index.js'
import { type Clause, matches, parseAccept, wantsPretty } from '../negotiate.js'
import type { DiscoveryDocument, DiscoveryDocuments } from './documents.js'
import { encodeDocument, type Form, forms } from './encode.js'

const offered = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const aggregatedSuffix = ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/**
 * The handler of a discovery path (`/api`, `/apis`, `/apis/<group>`, `/api/v1`, `/apis/<group>/<version>`, with or without a
 * slash at the end), or undefined if the path is not one of those or names a group that does not exist. An unknown version of
 * a built-in group is ours: it is refused as JSON where an unknown group is the plain text of "not found".
 *
 * The two kinds of endpoint differ as upstream's do: `/apis` and `/apis/<group>` take any method, the others GET alone.
 */
export function discoveryHandler(documents: DiscoveryDocuments, path: string): Handler | undefined {
  const [, prefix, group, version, ...rest] = (path.endsWith('/') ? path.slice(0, -1) : path).split('/')
  if (rest.length > 0) return undefined
  if (prefix === 'api') {
    if (version !== undefined) return undefined
    if (group === undefined) return rooted(documents.apiVersions(), () => documents.aggregated(true))
    const list = documents.resourceList('', group)
    return list === undefined ? unknownVersion : restful(list)
  }
  if (prefix !== 'apis' || group === '') return undefined
  if (group === undefined) return root(documents)
  if (version === undefined) {
    const document = documents.group(group)
    return document === undefined ? undefined : (context) => answer(context, document, plainClause)
  }
  const list = documents.resourceList(group, version)
  if (list !== undefined) return restful(list)
  const builtIn = documents.group(group) !== undefined && catalog.some((entry) => entry.group === group)
  return builtIn ? unknownVersion : undefined
}

/** `/apis`: any method, and the aggregated form. */
const root =
  (documents: DiscoveryDocuments): Handler =>
  (context) =>
    wantsAggregated(context)
      ? answerAggregated(context, documents.aggregated(false))
      : answer(context, documents.groupList(), plainClause)

/** `/api`: GET alone, and the aggregated form. */
const rooted =
  (plain: DiscoveryDocument, aggregated: () => DiscoveryDocument): Handler =>
  (context) => {
    checkRoute(context)
    return wantsAggregated(context) ? answerAggregated(context, aggregated()) : answer(context, plain, plainClause)
  }

const restful =
  (document: DiscoveryDocument): Handler =>
  (context) => {
    checkRoute(context)
    return answer(context, document, plainClause)
  }

const unknownVersion: Handler = () => {
  throw new ApiError('NotFound', 'the server could not find the requested resource', {})
}

/** What go-restful checks before a handler runs: the method, and the bare media types of the Accept header. */
function checkRoute({ exchange }: RequestContext): void {
  if (exchange.method !== 'GET') {
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
  }
  const accept = exchange.headers.accept
  if (accept === undefined || accept === '') return
  const acceptable = accept.split(',').some((part) => {
    const media = part.split(';', 1)[0]!.trim()
    return media === '*/*' || forms.some((form) => form.mediaType === media)
  })
  if (acceptable) return
  throw new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${offered}`, {})
}

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

function negotiate({ exchange }: RequestContext, rule: ClauseRule): Negotiated | undefined {
  const accept = exchange.headers.accept
  if (accept === undefined || accept === '') {
    return rule === plainClause ? { form: forms[0]!, pretty: false } : undefined
  }
  for (const clause of parseAccept(accept)) {
    if (!rule(clause)) continue
    const form = forms.find(({ mediaType }) => matches(clause, 'application', mediaType.slice('application/'.length)))
    if (form !== undefined) return { form, pretty: clause.parameters.get('pretty') === '1' }
  }
  return undefined
}

function answer(context: RequestContext, document: DiscoveryDocument, rule: ClauseRule): Promise<void> | void {
  const found = negotiate(context, rule)
  if (found === undefined) {
    throw new ApiError('NotAcceptable', `only the following media types are accepted: ${offered}`)
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
