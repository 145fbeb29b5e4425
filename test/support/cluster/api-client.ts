import { Agent, type RequestOptions, request } from 'node:https'
import type { PemPair } from '../../../src/server/index.js'

// biome-ignore lint/suspicious/noExplicitAny: tests look into objects as they please
export type Loose = any

/** Speaks JSON with a server over a few kept connections, known by its certificate. */
export class ApiClient {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, ca: string, certificate: PemPair) {
    this.#url = url
    this.#agent = new Agent({ ca, cert: certificate.cert, key: certificate.key, keepAlive: true })
  }

  /** @throws Error with the status, unless it is 2xx or among `allowed` */
  async ask(method: string, path: string, body?: unknown, allowed: readonly number[] = []): Promise<Loose> {
    const { code, text } = await this.#send(method, path, body)
    if (code >= 300 && !allowed.includes(code)) throw new Error(`${method} ${path}: ${code} ${text}`)
    return text === '' || !text.startsWith('{') ? text : JSON.parse(text)
  }

  get(path: string): Promise<Loose> {
    return this.ask('GET', path)
  }

  /** Strategic merge of built-in kinds. */
  patch(path: string, body: unknown, allowed?: readonly number[]): Promise<Loose> {
    return this.ask('PATCH', path, body, allowed)
  }

  /** Lists, then watches from there, again and again until `signal`; every object comes as it is then. */
  async follow(path: string, take: (type: string, object: Loose) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const list = await this.get(path)
        for (const item of list.items) take('ADDED', item)
        await this.#watch(
          `${path}${path.includes('?') ? '&' : '?'}watch=1&resourceVersion=${list.metadata.resourceVersion}`,
          take,
          signal,
        )
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Node frames the body of a DELETE only if it is told the length. */
  #options(method: string, type: string, text: string | undefined): RequestOptions {
    const headers = text === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }
    return { method, agent: this.#agent, headers }
  }

  #send(method: string, path: string, body: unknown): Promise<{ code: number; text: string }> {
    const type = method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json'
    const sent = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const asked = request(this.#url + path, this.#options(method, type, sent), (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => {
          text += part
        })
        answer.on('end', () => resolve({ code: answer.statusCode!, text }))
        answer.on('error', reject)
      })
      asked.on('error', reject)
      asked.end(sent)
    })
  }

  #watch(path: string, take: (type: string, object: Loose) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const asked = request(this.#url + path, { ...this.#options('GET', '', undefined), signal }, (answer) => {
        let rest = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => {
          const lines = (rest + part).split('\n')
          rest = lines.pop()!
          for (const line of lines) {
            const { type, object } = JSON.parse(line)
            take(type, object)
          }
        })
        answer.on('close', () => resolve())
        answer.on('error', () => {})
      })
      asked.on('error', () => resolve())
      asked.end()
    })
  }
}
