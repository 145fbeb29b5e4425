import type { Attributes } from '../authz/index.js'
import type { ObjectNames, RequestAudit, RequestContext, UserInfo } from '../http/index.js'
import type { Backend } from './backend.js'
import {
  type AuditEvent,
  type EventUser,
  eventUser,
  type ObjectReference,
  RawJson,
  type ResponseStatus,
  type Stage,
} from './event.js'
import type { Verdict } from './policy.js'
import { sourceIps } from './source-ips.js'
import { withoutManagedFields } from './without-managed-fields.js'

/** Bytes of a user agent; what is longer is cut. Source: apiserver pkg/audit/request.go. */
const maxUserAgent = 1024

/**
 * What is known of one request for the audit log. It begins before authentication, so that annotations are kept from there on;
 * the policy's verdict comes when it is known who is asking.
 */
export class Recording implements RequestAudit {
  readonly #context: RequestContext
  readonly #backend: Backend
  readonly #onEvent: () => void
  readonly #received: string
  #verdict: Verdict | undefined
  #request: Partial<AuditEvent> = {}
  #names: ObjectReference | undefined
  #annotations: Record<string, string> | undefined
  #impersonated: EventUser | undefined
  #constraint = ''
  #status: ResponseStatus | undefined
  #requestObject: RawJson | undefined
  #responseObject: RawJson | undefined

  constructor(context: RequestContext, backend: Backend, onEvent: () => void) {
    this.#context = context
    this.#backend = backend
    this.#onEvent = onEvent
    this.#received = microTime(context.receivedAt)
  }

  get wantsRequest(): boolean {
    return this.#level === 'Request' || this.#level === 'RequestResponse'
  }

  get wantsResponse(): boolean {
    return this.#level === 'RequestResponse'
  }

  get hasStatus(): boolean {
    return this.#status !== undefined
  }

  get #level(): Verdict['level'] {
    return this.#verdict?.level ?? 'None'
  }

  /** Begins the record. False: the policy does not want it. */
  begin(verdict: Verdict, attributes: Attributes): boolean {
    this.#verdict = verdict
    if (verdict.level === 'None') return false
    const { exchange } = this.#context
    const { query, path, headers } = exchange
    const agent = headers['user-agent'] ?? ''
    const addresses = sourceIps(exchange)
    this.#request = {
      requestURI: query === '' ? path : `${path}?${query}`,
      verb: attributes.verb,
      user: eventUser(attributes.user),
      ...(addresses.length === 0 ? {} : { sourceIPs: addresses }),
      ...(agent === ''
        ? {}
        : { userAgent: agent.length > maxUserAgent ? `${agent.slice(0, maxUserAgent)}...TRUNCATED` : agent }),
    }
    if (attributes.isResourceRequest) {
      const { resource, namespace, name, apiGroup, apiVersion, subresource } = attributes
      this.#names = { resource, namespace, name, apiGroup, apiVersion, subresource }
    }
    return true
  }

  annotate(key: string, value: string): void {
    this.#annotations ??= Object.create(null) as Record<string, string>
    this.#annotations[key] ??= value
  }

  requestObject(json: () => Buffer | string, metadata: ObjectNames = {}): void {
    if (this.#level === 'None') return
    const names = this.#names ?? {}
    this.#names = {
      ...names,
      namespace: names.namespace || (metadata.namespace ?? ''),
      name: names.name || (metadata.name ?? ''),
      uid: metadata.uid ?? '',
      resourceVersion: metadata.resourceVersion ?? '',
    }
    if (this.wantsRequest) this.#requestObject = this.#raw(json())
  }

  responseObject(json: () => Buffer | string): void {
    if (this.wantsResponse) this.#responseObject = this.#raw(json())
  }

  responseStatus(status: Readonly<Record<string, unknown>>): void {
    if (this.#level === 'None') return
    const { status: outcome, message, reason, details, code } = status
    this.#status = {
      metadata: {},
      ...dropUndefined({ status: outcome, message, reason, details, code }),
    } as ResponseStatus
    this.responseObject(() => JSON.stringify(status))
  }

  /** What no object tells of the response: its code, or a message of our own. */
  note(status: Omit<ResponseStatus, 'metadata'>): void {
    this.#status = { metadata: {}, ...this.#status, ...status }
  }

  impersonated(user: UserInfo, constraint: string): void {
    this.#impersonated = eventUser(user)
    this.#constraint = constraint
  }

  /** Writes the event of a stage, unless the policy leaves it out. */
  stage(stage: Stage): boolean | Promise<boolean> {
    const { level, omitStages } = this.#verdict ?? { level: 'None' as const, omitStages: undefined }
    if (level === 'None' || omitStages?.has(stage) === true) return true
    this.#onEvent()
    return this.#backend.process([this.#event(stage)])
  }

  #event(stage: Stage): AuditEvent {
    const names = this.#names === undefined ? undefined : dropEmpty(this.#names)
    const { requestURI = '', verb = '', user = {}, sourceIPs, userAgent } = this.#request
    return {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: this.#level,
      auditID: this.#context.auditId,
      stage,
      requestURI,
      verb,
      user,
      ...(this.#impersonated === undefined ? {} : { impersonatedUser: this.#impersonated }),
      ...(this.#constraint === '' ? {} : { authenticationMetadata: { impersonationConstraint: this.#constraint } }),
      ...(sourceIPs === undefined ? {} : { sourceIPs }),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(names === undefined ? {} : { objectRef: names }),
      ...(this.#status === undefined ? {} : { responseStatus: this.#status }),
      ...(this.#requestObject === undefined ? {} : { requestObject: this.#requestObject }),
      ...(this.#responseObject === undefined ? {} : { responseObject: this.#responseObject }),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: stage === 'RequestReceived' ? this.#received : microTime(Date.now()),
      ...(this.#annotations === undefined ? {} : { annotations: sorted(this.#annotations) }),
    }
  }

  #raw(json: Buffer | string): RawJson {
    const text = (typeof json === 'string' ? json : json.toString()).trimEnd()
    return new RawJson(this.#verdict?.omitManagedFields === true ? withoutManagedFields(text) : text)
  }
}

/** RFC 3339 with microseconds, of which we know the thousands. */
const microTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '000Z')

/** As Go writes maps. */
const sorted = (map: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

const fieldOrder = [
  'resource',
  'namespace',
  'name',
  'uid',
  'apiGroup',
  'apiVersion',
  'resourceVersion',
  'subresource',
] as const

const dropEmpty = (names: ObjectReference): ObjectReference =>
  Object.fromEntries(fieldOrder.filter((name) => names[name]).map((name) => [name, names[name]]))

const dropUndefined = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
