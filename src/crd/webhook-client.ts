import { Agent, request } from 'node:https'
import { DecodeError } from '../api/index.js'
import { interpret, JsonError, parseJson, parseYaml } from '../codec/index.js'

/** Where a webhook is reached. */
export interface WebhookTarget {
  /** https, host and path. */
  readonly url: string
  /** PEM; undefined: the system's authorities. */
  readonly ca: string | undefined
  /** Where to connect instead of the URL's own host: the address of a service. */
  readonly connect?: { readonly host: string; readonly port: number }
}

/** Source: apiserver pkg/util/webhook, the default timeout of its clients. */
const timeoutMs = 30_000
const maxResponseBytes = 64 * 1024 * 1024

/** Posts JSON to one webhook over connections that are kept. Errors have the words of upstream's REST client. */
export class WebhookClient {
  readonly #target: () => WebhookTarget
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 25 })

  /** @param target asked for every call: addresses of services change. Throws an Error with the reason. */
  constructor(target: () => WebhookTarget) {
    this.#target = target
  }

  close(): void {
    this.#agent.destroy()
  }

  /** @throws Error whose message says what went wrong */
  async call(body: Buffer): Promise<unknown> {
    const { status, bytes } = await this.#post(body)
    if (status >= 200 && status < 300) return decoded(bytes)
    throw new Error(refusal(status, bytes))
  }

  #post(body: Buffer): Promise<{ status: number; bytes: Buffer }> {
    const { url: text, ca, connect } = this.#target()
    const url = new URL(text)
    url.searchParams.set('timeout', '30s')
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new Error(`Post ${JSON.stringify(url.href)}: ${reasonOf(error)}`))
      const outgoing = request(
        {
          agent: this.#agent,
          method: 'POST',
          path: url.pathname + url.search,
          host: connect?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
          port: connect?.port ?? (url.port === '' ? 443 : Number(url.port)),
          servername: /^[\d.]+$|:/.test(url.hostname) ? '' : url.hostname,
          ...(ca === undefined ? {} : { ca }),
          headers: {
            host: url.host,
            accept: 'application/json',
            'content-type': 'application/json',
            'content-length': body.length,
          },
          timeout: timeoutMs,
        },
        (response) => {
          const parts: Buffer[] = []
          let size = 0
          response.on('data', (part: Buffer) => {
            size += part.length
            if (size > maxResponseBytes) outgoing.destroy(new Error('the response is too large'))
            else parts.push(part)
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(parts) }))
          response.on('error', fail)
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error('context deadline exceeded')))
      outgoing.on('error', fail)
      outgoing.end(body)
    })
  }
}

function reasonOf(error: Error): string {
  const { code, address, port } = error as { code?: string; address?: string; port?: number }
  const peer = address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${peer}: connect: connection refused`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${(error as { hostname?: string }).hostname}: no such host`
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    default:
      return error.message
  }
}

/** Whatever is no JSON is looked at as YAML, as upstream's decoders do. */
async function decoded(bytes: Buffer): Promise<unknown> {
  try {
    const { value, duplicates } = parseJson(bytes)
    interpret(value, duplicates)
    return value
  } catch (error) {
    if (error instanceof DecodeError) throw new Error(error.message)
    if (!(error instanceof JsonError)) throw error
  }
  try {
    const { value } = await parseYaml(bytes)
    interpret(value, undefined)
    return value
  } catch (error) {
    throw new Error((error as Error).message)
  }
}

/** Source: apimachinery errors.NewGenericServerResponse. */
function refusal(status: number, bytes: Buffer): string {
  const told = statusMessage(bytes)
  if (told !== undefined) return told
  switch (status) {
    case 400:
      return 'the server rejected our request for an unknown reason'
    case 401:
      return 'the server has asked for the client to provide credentials'
    case 403:
      return 'unknown'
    case 404:
      return 'the server could not find the requested resource'
    case 405:
      return 'the server does not allow this method on the requested resource'
    case 429:
      return 'the server has received too many requests and has asked us to try again later'
    case 503:
      return 'the server is currently unable to handle the request'
    default:
      return status >= 500
        ? 'an error on the server ("unknown") has prevented the request from succeeding'
        : `the server responded with the status code ${status} but did not return more information`
  }
}

function statusMessage(bytes: Buffer): string | undefined {
  try {
    const status = JSON.parse(bytes.toString()) as { kind?: string; message?: string } | null
    return status?.kind === 'Status' ? status.message : undefined
  } catch {
    return undefined
  }
}
