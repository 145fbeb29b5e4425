import { Agent, request } from 'node:https'
import type { Dialer } from './dialer.js'
import { DialingAgent } from './dialing-agent.js'
import { networkErrorText } from './network-error.js'

export interface FetchOptions {
  /** PEM; undefined: the system's authorities. */
  readonly ca?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** For everything, redirects too. Default 30,000. */
  readonly timeoutMs?: number
  /** A larger answer is refused. Default 1 MiB. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal | undefined
  /** How connections are made. Default: straight. */
  readonly dial?: Dialer | undefined
}

export interface FetchedDocument {
  readonly status: number
  /** As in `404 Not Found`. */
  readonly statusText: string
  readonly contentType: string | undefined
  readonly cacheControl: string | undefined
  readonly bytes: Buffer
}

const maxRedirects = 10

/**
 * GETs a document by https, over a connection of its own: for what is fetched now and then. Follows redirects to https.
 *
 * @throws Error in the words of Go's client, if there is no answer
 */
export async function fetchDocument(url: string, options: FetchOptions = {}): Promise<FetchedDocument> {
  const began = performance.now()
  const { timeoutMs = 30_000 } = options
  let where = url
  let headers = options.headers ?? {}
  for (let redirects = 0; ; redirects++) {
    const left = timeoutMs - (performance.now() - began)
    const answer = await get(where, { ...options, headers }, left)
    if (answer.location === undefined) return answer
    if (redirects === maxRedirects) throw new Error(`Get ${JSON.stringify(where)}: stopped after 10 redirects`)
    if (!URL.canParse(answer.location, where)) {
      throw new Error(`Get ${JSON.stringify(where)}: failed to parse Location header`)
    }
    const next = new URL(answer.location, where)
    // Credentials are for the host they were given for.
    if (next.host !== new URL(where).host) {
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
    }
    where = next.href
  }
}

interface Hop extends FetchedDocument {
  readonly location: string | undefined
}

function get(
  where: string,
  { ca, headers, maxBytes = 1024 * 1024, signal, dial }: FetchOptions,
  leftMs: number,
): Promise<Hop> {
  return new Promise((resolve, reject) => {
    const words = (text: string): Error => new Error(`Get ${JSON.stringify(where)}: ${text}`)
    if (!where.startsWith('https://') || !URL.canParse(where)) {
      reject(
        words(`unsupported protocol scheme ${JSON.stringify(/^([A-Za-z][A-Za-z0-9+.-]*):/.exec(where)?.[1] ?? '')}`),
      )
      return
    }
    const own = { keepAlive: false, ...(ca === undefined ? {} : { ca }) }
    const agent = dial === undefined ? new Agent(own) : new DialingAgent(dial, own)
    const outgoing = request(where, { agent, headers: { accept: '*/*', ...headers } })
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
      agent.destroy()
    }
    const fail = (error: Error): void => {
      end()
      outgoing.destroy()
      reject(error)
    }
    const timer = setTimeout(() => fail(words('context deadline exceeded')), Math.max(0, leftMs))
    const aborted = (): void => fail(words('context canceled'))
    outgoing.on('error', (error) => fail(words(networkErrorText(error))))
    outgoing.on('response', (response) => {
      const parts: Buffer[] = []
      let size = 0
      response.on('data', (part: Buffer) => {
        size += part.length
        if (size > maxBytes) fail(words(`the response is larger than ${maxBytes} bytes`))
        else parts.push(part)
      })
      response.on('error', () => fail(words('unexpected EOF')))
      response.on('end', () => {
        if (!response.complete) {
          fail(words('unexpected EOF'))
          return
        }
        end()
        const status = response.statusCode ?? 0
        const isRedirect = status === 301 || status === 302 || status === 303 || status === 307 || status === 308
        resolve({
          status,
          statusText: `${status} ${response.statusMessage ?? ''}`.trim(),
          contentType: response.headers['content-type'],
          cacheControl: response.headers['cache-control'],
          location: isRedirect ? response.headers.location : undefined,
          bytes: Buffer.concat(parts),
        })
      })
    })
    if (signal?.aborted === true) aborted()
    else signal?.addEventListener('abort', aborted, { once: true })
    outgoing.end()
  })
}
