import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { PemPair } from '../../src/server/index.js'

export interface ExtensionOptions {
  readonly group: string
  readonly certificate: PemPair
  /** PEM of who may ask: the front proxy's authority. */
  readonly proxyAuthority: string
  /** Whether discovery is the aggregated one. Default true. */
  readonly aggregated?: boolean
  /** Whether there are documents of OpenAPI version 3. Default true. */
  readonly openApiV3?: boolean
  /** Default 127.0.0.1. */
  readonly host?: string
}

/** An extension API server as small as it can be: discovery, OpenAPI, an echo, a watch and an upgrade. */
export interface ExtensionServer {
  readonly port: number
  /** How it answers from now on: `well`, not at all, with an error, or with nonsense. */
  mood: 'well' | 'silent' | 'failing' | 'nonsense'
  /** Common names of the certificates it was shown, one for each connection. */
  readonly shown: string[]
  /** What it was asked, `METHOD /path`. */
  readonly asked: string[]
  /** Sends an event to all watches. */
  event(name: string): void
  /** Watches that are open. */
  readonly watches: number
  /** Bytes that clients of `flood` have been sent, or are about to be. */
  readonly flooded: number
  close(): Promise<void>
}

export async function startExtensionServer(options: ExtensionOptions): Promise<ExtensionServer> {
  const { group, certificate, proxyAuthority } = options
  const watches = new Set<ServerResponse>()
  const sockets = new Set<Socket>()
  const served = new WeakSet<Socket>()
  const state = { mood: 'well' as ExtensionServer['mood'], shown: [] as string[], asked: [] as string[], flooded: 0 }
  const server: HttpsServer = createServer(
    { ...certificate, ca: proxyAuthority, requestCert: true, rejectUnauthorized: false },
    (request, response) => void answer(request, response),
  )
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    state.shown.push(String(socket.getPeerCertificate().subject?.CN))
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'https://server')
    state.asked.push(`${request.method} ${url.pathname}`)
    if (state.mood === 'silent') return
    const json = (code: number, body: unknown, type = 'application/json', headers = {}): void => {
      response.writeHead(code, { 'content-type': type, ...headers })
      response.end(JSON.stringify(body))
    }
    if (state.mood === 'failing') return json(500, { oops: true })
    if (state.mood === 'nonsense') {
      response.writeHead(200, {
        'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      })
      response.end('{"kind": 7, "items": [[[')
      return
    }
    const known = documents(options)[url.pathname]
    if (known !== undefined) {
      if (request.headers['if-none-match'] === known.etag) {
        response.writeHead(304).end()
        return
      }
      return json(200, known.body, known.type, { etag: known.etag })
    }
    if (url.searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      watches.add(response)
      response.on('close', () => watches.delete(response))
      return
    }
    if (url.pathname.endsWith('/flood')) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      const piece = Buffer.alloc(64 * 1024)
      const more = (): void => {
        do state.flooded += piece.length
        while (response.write(piece))
      }
      response.on('drain', more).on('close', () => response.off('drain', more))
      more()
      return
    }
    if (url.pathname.endsWith('/reset') && served.has(request.socket)) {
      // As if it had been closed for its age just when the next request came.
      request.socket.destroy()
      return
    }
    served.add(request.socket)
    if (url.pathname.endsWith('/headers')) {
      const beside = ['audit-id', 'mine', 'cache-control', 'max-age=5']
      response.writeHead(200, [...beside, 'vary', '1', 'vary', '2', 'x-twice', '1', 'x-twice', '2'])
      response.end()
      return
    }
    if (url.pathname.endsWith('/long-headers')) {
      response.writeHead(200, { 'x-long': 'a'.repeat(15_000), 'x-more': 'b'.repeat(15_000) })
      response.end()
      return
    }
    if (url.pathname.endsWith('/switch')) {
      request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
      return
    }
    if (url.pathname.endsWith('/redirect')) {
      response.writeHead(302, { location: 'https://elsewhere.test/' }).end()
      return
    }
    if (url.pathname.startsWith('/openapi/') || url.pathname === '/apis') return json(404, {})
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { headers, method, socket } = request
    const told = { method, path: url.pathname, query: url.search, headers, body, connection: socket.remotePort }
    json(200, { kind: 'Echo', apiVersion: `${group}/v1`, ...told })
  }
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const user = String(request.headers['x-remote-user'])
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-User: ${user}\r\n\r\n`)
    if (head.length > 0) socket.write(head)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, options.host ?? '127.0.0.1', resolve))
  return {
    ...{ port: (server.address() as AddressInfo).port, shown: state.shown, asked: state.asked },
    get mood() {
      return state.mood
    },
    set mood(mood) {
      state.mood = mood
    },
    get flooded() {
      return state.flooded
    },
    get watches() {
      return watches.size
    },
    event(name) {
      const object = { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name } }
      for (const watch of watches) watch.write(`${JSON.stringify({ type: 'ADDED', object })}\n`)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Document {
  readonly body: unknown
  readonly type?: string
  readonly etag: string
}

function documents({ group, aggregated = true, openApiV3 = true }: ExtensionOptions): Record<string, Document> {
  const gv = `${group}/v1`
  const verbs = ['get', 'list', 'watch']
  const resources = [
    { name: 'things', singularName: 'thing', namespaced: true, kind: 'Thing', verbs, shortNames: ['th'] },
    { name: 'things/status', singularName: '', namespaced: true, kind: 'Thing', verbs: ['get'] },
  ]
  const kind = { group, version: 'v1', kind: 'Thing' }
  const discovered = {
    resource: 'things',
    responseKind: kind,
    scope: 'Namespaced',
    singularResource: 'thing',
    verbs,
    shortNames: ['th'],
    subresources: [{ subresource: 'status', responseKind: kind, verbs: ['get'] }],
  }
  const all: Record<string, Document> = {
    [`/apis/${gv}`]: {
      body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: gv, resources },
      etag: '"list"',
    },
    '/openapi/v2': { body: swagger(group), etag: '"v2"' },
  }
  if (aggregated)
    all['/apis'] = {
      etag: '"discovery"',
      type: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
      body: {
        kind: 'APIGroupDiscoveryList',
        apiVersion: 'apidiscovery.k8s.io/v2',
        metadata: {},
        items: [{ metadata: { name: group }, versions: [{ version: 'v1', resources: [discovered] }] }],
      },
    }
  if (openApiV3) {
    const url = `/openapi/v3/apis/${gv}`
    all['/openapi/v3'] = {
      etag: '"v3"',
      body: { paths: { [`apis/${gv}`]: { serverRelativeURL: `${url}?hash=1` }, version: { serverRelativeURL: '/x' } } },
    }
    all[url] = { body: { openapi: '3.0.0', info: { title: 'extension' }, paths: {} }, etag: '"v3-document"' }
  }
  return all
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** A definition of its own, and one that is not what it is elsewhere. */
const swagger = (group: string): object => ({
  swagger: '2.0',
  info: { title: 'extension', version: '1' },
  paths: {
    [`/apis/${group}/v1/namespaces/{namespace}/things`]: {
      get: {
        operationId: 'listThings',
        produces: ['application/json'],
        parameters: [{ name: 'limit', in: 'query', type: 'integer' }],
        responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/test.Thing' } } },
      },
    },
    '/apis/apps/v1/hijacked': { get: { responses: {} } },
  },
  definitions: {
    'test.Thing': { type: 'object', properties: { metadata: { $ref: `#/definitions/${meta}` } } },
    [meta]: { type: 'object', description: 'an older form of it' },
    'test.Unused': { type: 'object' },
  },
})
