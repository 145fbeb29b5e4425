import type { Exchange } from './exchange.js'

/** Who is asking, as authentication found out. `groups` always holds system:authenticated or system:unauthenticated. */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What a request asks for, read from its path and query alone. Source: apiserver pkg/endpoints/request/requestinfo.go. */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  /** Decoded and cleaned: what is authorized is what is served. */
  readonly path: string
  /** Kubernetes verb (get, list, watch, create, update, patch, delete, deletecollection, proxy ...); the lower-case HTTP method for non-resource requests. */
  readonly verb: string
  /** `api` or `apis`; empty for non-resource requests. */
  readonly apiPrefix: string
  readonly apiGroup: string
  readonly apiVersion: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** Path segments after `/api/v1` or `/apis/g/v`, namespaces prefix taken off. */
  readonly parts: readonly string[]
  /** Unparsed, for authorization of list, watch and deletecollection. */
  readonly fieldSelector: string
  readonly labelSelector: string
}

/**
 * What is told to the audit log while a request is served. Present only while the log may want to hear of it, so that
 * `context.audit?.` is all that it costs when it is off. Source: apiserver pkg/audit/context.go.
 */
export interface RequestAudit {
  /** Whether the policy asks for the object of the request (level Request) and of the response (RequestResponse). */
  readonly wantsRequest: boolean
  readonly wantsResponse: boolean
  /** The first value of a key stays. */
  annotate(key: string, value: string): void
  /** The object of the request before admission: its JSON, made at once, and what of its metadata names it. */
  requestObject(json: () => Buffer | string, metadata?: ObjectNames): void
  /** The object of the response as JSON. */
  responseObject(json: () => Buffer | string): void
  /** A metav1.Status that is the response. */
  responseStatus(status: Readonly<Record<string, unknown>>): void
  impersonated(user: UserInfo, constraint: string): void
}

/** What of an object's metadata says which one it is. */
export interface ObjectNames {
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
}

/**
 * Everything known about one request. All members are there from the start, so that all contexts have one shape; the
 * filters fill them in.
 */
export interface RequestContext {
  readonly exchange: Exchange
  /** Wall clock, milliseconds. */
  readonly receivedAt: number
  auditId: string
  info: RequestInfo
  /** Parsed once, on first use. */
  readonly query: URLSearchParams
  /** Undefined until authentication ran. */
  user: UserInfo | undefined
  audit: RequestAudit | undefined
  /** Texts for `Warning: 299` headers; duplicates are dropped when they are added. */
  readonly warnings: Set<string>
  /** Aborts when the client goes away or the request's time is up. */
  signal: AbortSignal
  /** When the request's time is up, wall clock in milliseconds. */
  deadline: number
  /** Watch, proxy, exec, log-follow: not subject to the request timeout and counted apart. */
  longRunning: boolean
  /** Milliseconds that admission webhooks have taken. */
  webhookMs: number
  /** Set for watches that are to tell when what was there before them has been sent; whoever serves one calls it, once or not. */
  watchStarted: (() => void) | undefined
  /** For a watch that has begun: lets go of what only its beginning needs. The query is parsed again if it is asked for. */
  release(): void
}

/**
 * What answers a request. May finish synchronously: a promise is returned only where something is waited for. A watch has begun
 * by then, and is over when its exchange is (`onDone`).
 */
export type Handler = (context: RequestContext) => Promise<void> | void

/** A stage of the chain around a handler. */
export type Filter = (next: Handler) => Handler
