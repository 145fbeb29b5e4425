import type { RequestAudit, RequestContext, RequestInfo, UserInfo } from './context.js'
import type { Exchange } from './exchange.js'

/** The context of an exchange before any filter has run. */
export class RequestState implements RequestContext {
  auditId = ''
  info: RequestInfo = unparsed
  user: UserInfo | undefined = undefined
  audit: RequestAudit | undefined = undefined
  longRunning = false
  webhookMs = 0
  deadline = Number.POSITIVE_INFINITY
  watchStarted: (() => void) | undefined = undefined
  #query: URLSearchParams | undefined
  #warnings: Set<string> | undefined
  #signal: AbortSignal | undefined

  constructor(
    readonly exchange: Exchange,
    readonly receivedAt: number,
  ) {}

  get query(): URLSearchParams {
    this.#query ??= parseQuery(this.exchange.query)
    return this.#query
  }

  release(): void {
    this.#query = undefined
    // a made one is a rope of twenty strings
    this.auditId = Buffer.from(this.auditId).toString()
    this.#warnings = undefined
    this.exchange.release()
  }

  get warnings(): Set<string> {
    this.#warnings ??= new Set()
    return this.#warnings
  }

  /** The exchange's own, made on first use, unless a filter has set another. */
  get signal(): AbortSignal {
    return this.#signal ?? this.exchange.signal
  }

  set signal(signal: AbortSignal) {
    this.#signal = signal
  }
}

/** Like Go's url.ParseQuery: pairs with a broken escape or a semicolon are left out, the others count. */
function parseQuery(text: string): URLSearchParams {
  if (!odd.test(text)) return new URLSearchParams(text)
  return new URLSearchParams(
    text
      .split('&')
      .filter((pair) => !odd.test(pair))
      .join('&'),
  )
}

const odd = /;|%(?![0-9A-Fa-f]{2})/

const unparsed: RequestInfo = Object.freeze({
  isResourceRequest: false,
  path: '',
  verb: '',
  apiPrefix: '',
  apiGroup: '',
  apiVersion: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
  parts: Object.freeze([]) as readonly string[],
  fieldSelector: '',
  labelSelector: '',
})
