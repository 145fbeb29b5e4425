import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Agent } from 'node:https'
import { checkIdentity, type Dialer, DialingAgent, dial, networkErrorText, type UserInfo } from '../http/index.js'
import type { APIService, ServiceReference } from './api-service.js'
import { identityHeaders } from './identity.js'
import type { Address, ServiceResolver } from './service-resolver.js'

/** What this server shows to others to prove who is asking. PEM. */
export interface ClientCertificate {
  readonly cert: string
  readonly key: string
}

export interface Asked {
  readonly user: UserInfo
  readonly accept?: string
  readonly etag?: string
  readonly timeoutMs: number
  /** Longer answers fail. */
  readonly maxBytes: number
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  /** Empty: none. */
  readonly etag: string
  readonly body: Buffer
}

/** The server behind an APIService, and the connections to it. */
export class Backend {
  readonly service: ServiceReference
  readonly agent: Agent
  readonly dial: Dialer | undefined
  /** Set if no connection can be made, whatever the server does. */
  readonly broken: string | undefined
  readonly #resolve: ServiceResolver

  /** @param spec of an APIService with a service */
  constructor(spec: APIService['spec'], resolve: ServiceResolver, certificate: ClientCertificate | undefined) {
    this.service = spec.service!
    this.#resolve = resolve
    const { namespace, name } = this.service
    const { caBundle = '', insecureSkipTLSVerify = false } = spec
    const ca = caBundle === '' ? undefined : Buffer.from(caBundle, 'base64').toString('latin1')
    this.broken = ca === undefined ? undefined : problemOf(ca)
    this.dial = resolve.dialers?.service
    const options = {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      maxFreeSockets: 25,
      timeout: 0,
      servername: `${name}.${namespace}.svc`,
      rejectUnauthorized: !insecureSkipTLSVerify,
      checkServerIdentity: checkIdentity,
      // As Go does: the peer's own certificate may be given in place of its authority's.
      ...(ca === undefined || this.broken !== undefined ? {} : { ca, allowPartialTrustChain: true }),
      ...certificate,
    }
    this.agent = this.dial === undefined ? new Agent(options) : new DialingAgent(this.dial, options)
  }

  /** Throws an Error with the reason if there is nowhere to go. */
  locate(): Address {
    const { namespace, name, port = 443 } = this.service
    return this.#resolve(namespace, name, port)
  }

  /**
   * Asks for a path in the name of somebody, and waits for the whole answer. Redirects are answers.
   *
   * @throws Error with Go's words for what went wrong
   */
  get(path: string, asked: Asked): Promise<Answer> {
    return this.#ask(path, asked, (answer) => readAll(answer, asked.maxBytes))
  }

  /** The status of the answer, whose body is not waited for. */
  status(path: string, asked: Asked): Promise<number> {
    return this.#ask(path, asked, async (answer) => {
      // Read to its end within the time there is, so that the connection can be used again.
      answer.on('error', () => {}).resume()
      return answer.statusCode ?? 0
    })
  }

  async #ask<T>(path: string, asked: Asked, read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    const { user, accept, etag, timeoutMs } = asked
    if (this.broken !== undefined) throw new Error(this.broken)
    const address = this.locate()
    const headers = {
      host: hostOf(address),
      ...(accept === undefined ? {} : { accept }),
      ...(etag === undefined || etag === '' ? {} : { 'if-none-match': etag }),
      ...identityHeaders(user, false),
    }
    const target = { scheme: 'https', ...portText(address), path, query: '', agent: this.agent } as const
    const signal = AbortSignal.timeout(timeoutMs)
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new Error(signal.aborted ? timedOut : networkErrorText(error)))
      const send = (again: boolean): void => {
        const request = dial(target, 'GET', headers, signal)
        request.on('error', (error: NodeJS.ErrnoException) => {
          // A kept connection that was closed by the other side just now says nothing about the server.
          if (again && request.reusedSocket && error.code === 'ECONNRESET') send(false)
          else fail(error)
        })
        request.once('response', (answer) => void read(answer).then(resolve, fail))
        request.end()
      }
      send(true)
    })
  }

  /** No new connections; those in use go on until they are done. */
  retire(): void {
    const { agent } = this
    agent.maxFreeSockets = 0
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }

  /** Cuts all connections. */
  close(): void {
    this.agent.destroy()
  }
}

/** `host:port` as a URL has it. */
export const hostOf = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

export const portText = ({ host, port }: Address) => ({ host, port: String(port) })

const timedOut = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'

async function readAll(answer: IncomingMessage, maxBytes: number): Promise<Answer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer) {
    size += (part as Buffer).length
    if (size > maxBytes) {
      answer.destroy()
      throw new Error(`the answer is longer than ${maxBytes} bytes`)
    }
    parts.push(part as Buffer)
  }
  if (!answer.complete) throw new Error('unexpected EOF')
  const { 'content-type': contentType = '', etag = '' } = answer.headers
  return { status: answer.statusCode ?? 0, contentType, etag, body: Buffer.concat(parts) }
}

/** Source: client-go transport, rootCertPool. */
function problemOf(bundle: string): string | undefined {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null) return 'unable to load root certificates: unable to parse bytes as PEM block'
  for (const block of blocks) {
    try {
      new X509Certificate(block)
      return undefined
    } catch {}
  }
  return 'unable to load root certificates: failed to parse certificate'
}
