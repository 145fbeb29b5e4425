import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { createServer, type Server, type ServerOptions } from '../../src/index.js'

/** A server in this very process. */
export interface LibraryServer {
  readonly server: Server
  /** Everything it has logged, as text. */
  readonly log: () => string
  ask(path: string, options?: AskOptions): Promise<Answer>
  stop(): Promise<void>
}

export interface AskOptions {
  readonly token?: string
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** A client certificate, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string }
}

export interface Answer {
  readonly code: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they please
  readonly json: any
}

export async function libraryServer(options: ServerOptions): Promise<LibraryServer> {
  let text = ''
  const write = (...parts: unknown[]): void => {
    text += `${parts.map((part) => (part instanceof Error ? part.stack : JSON.stringify(part))).join(' ')}\n`
  }
  const logger = {
    enabled: () => true,
    info: write,
    warn: write,
    error: write,
    named: () => logger,
    setVerbosity() {},
  }
  const server = await createServer({ ...options, logs: { logger, ...options.logs } })
  const run = server.run()
  await server.ready
  return {
    server,
    log: () => text,
    ask: (path, more = {}) => ask(server.url + path, more),
    async stop() {
      await server.close()
      await run.catch(() => {})
    },
  }
}

function ask(url: string, { token, method = 'GET', body, headers = {}, certificate }: AskOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        rejectUnauthorized: false,
        agent: false,
        ...certificate,
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('error', reject)
        answer.on('end', () => {
          const isJson = answer.headers['content-type']?.startsWith('application/json') === true
          resolve({
            code: answer.statusCode!,
            text,
            headers: answer.headers,
            json: isJson ? JSON.parse(text) : undefined,
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
