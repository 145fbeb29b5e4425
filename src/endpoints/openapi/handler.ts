import type { Exchange, Handler, RequestContext } from '../../http/index.js'
import { parseAccept } from '../negotiate.js'
import { hashedUrl, type OpenApiDocument, type OpenApiDocuments } from './documents.js'
import { serveContent } from './serve-content.js'

interface Form {
  /** Behind `application/`. */
  readonly subtypes: readonly string[]
  readonly contentType: string
  readonly binary: boolean
}

const json: Form = { subtypes: ['json'], contentType: 'application/json', binary: false }
const protobuf = (version: 'v2' | 'v3'): Form => ({
  // The first is deprecated since media types may not have an "@"; kubectl still asks for it.
  subtypes: [
    `com.github.proto-openapi.spec.${version}@v1.0+protobuf`,
    `com.github.proto-openapi.spec.${version}.v1.0+protobuf`,
  ],
  contentType: `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`,
  binary: true,
})
const formsV2: readonly Form[] = [json, protobuf('v2')]
const formsV3: readonly Form[] = [json, protobuf('v3')]

/**
 * The handler of `/openapi/v2`, `/openapi/v3` and `/openapi/v3/<name>`, or undefined for other paths. All methods are answered
 * as GET is, which is what upstream does.
 *
 * Source: kube-openapi pkg/handler and pkg/handler3, kube-aggregator pkg/controllers/openapiv3; both hand documents to Go's
 * http.ServeContent, whose conditional requests are kept.
 */
export function openApiHandler(documents: OpenApiDocuments, path: string): Handler | undefined {
  if (path === '/openapi/v2') return (context) => serveV2(context, documents)
  if (path === '/openapi/v3') return (context) => serveIndex(context, documents)
  if (!path.startsWith('/openapi/v3/')) return undefined
  const name = path.slice('/openapi/v3/'.length)
  return (context) => serveV3(context, documents, name)
}

async function serveV2({ exchange }: RequestContext, documents: OpenApiDocuments): Promise<void> {
  const form = negotiate(exchange, formsV2)
  exchange.header('vary', 'Accept-Encoding, Accept')
  if (form === undefined) return exchange.send(406, '', '')
  return serve(exchange, await documents.v2(), form)
}

async function serveV3({ exchange, query }: RequestContext, documents: OpenApiDocuments, name: string): Promise<void> {
  const document = await documents.v3(name)
  if (document === undefined) return exchange.send(404, '', '')
  exchange.header('vary', 'Accept')
  const form = negotiate(exchange, formsV3)
  if (form === undefined) return exchange.send(406, '', '')
  const hash = query.get('hash') ?? ''
  if (hash !== '') {
    if (hash !== document.hash) {
      exchange.header('etag', `"${document.hash}"`)
      exchange.header('location', hashedUrl(name, document.hash))
      return exchange.send(301, form.contentType, '')
    }
    exchange.header('cache-control', 'public, immutable')
    // Of this header alone upstream writes the zone's name.
    exchange.header('expires', new Date(Date.now() + year).toUTCString().replace('GMT', 'UTC'))
  }
  return serve(exchange, document, form)
}

const year = 365 * 24 * 3600 * 1000

async function serveIndex({ exchange }: RequestContext, documents: OpenApiDocuments): Promise<void> {
  const index = await documents.index()
  // As upstream, which says that it is of now. A second is long: what has changed since it began is not what the client has.
  const now = new Date()
  const changed = documents.indexed.getTime() >= now.setMilliseconds(0)
  // Upstream lets Go guess the type of the contents, which does not know JSON.
  return serveContent(exchange, {
    type: 'text/plain; charset=utf-8',
    hash: '',
    modified: now,
    isNew: changed,
    body: () => index,
  })
}

function serve(exchange: Exchange, document: OpenApiDocument, { contentType, binary }: Form): Promise<void> {
  const { hash, modified } = document
  return serveContent(exchange, {
    type: contentType,
    hash,
    modified,
    body: () => (binary ? document.binary() : document.json),
  })
}

function negotiate({ headers }: Exchange, forms: readonly Form[]): Form | undefined {
  const accept = headers.accept === undefined || headers.accept === '' ? '*/*' : headers.accept
  for (const clause of parseAccept(accept)) {
    if (clause.type !== '*' && clause.type !== 'application') continue
    const form = forms.find(({ subtypes }) => clause.subtype === '*' || subtypes.includes(clause.subtype))
    if (form !== undefined) return form
  }
  return undefined
}
