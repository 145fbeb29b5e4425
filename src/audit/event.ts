import type { Status } from '../api/index.js'
import type { UserInfo } from '../http/index.js'

/** How much is recorded, from nothing to everything. Source of all in this file: apiserver pkg/apis/audit/v1. */
export const levels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type Level = (typeof levels)[number]

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type Stage = (typeof stages)[number]

/** One event, fields in the order in which it is written. Never changed once it was handed to a backend. */
export interface AuditEvent {
  readonly kind: 'Event'
  readonly apiVersion: 'audit.k8s.io/v1'
  readonly level: Level
  readonly auditID: string
  readonly stage: Stage
  readonly requestURI: string
  readonly verb: string
  readonly user: EventUser
  readonly impersonatedUser?: EventUser
  readonly authenticationMetadata?: { readonly impersonationConstraint: string }
  readonly sourceIPs?: readonly string[]
  readonly userAgent?: string
  readonly objectRef?: ObjectReference
  readonly responseStatus?: ResponseStatus
  /** JSON texts, put into the event as they are. */
  readonly requestObject?: RawJson
  readonly responseObject?: RawJson
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string
  readonly stageTimestamp: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface EventUser {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface ObjectReference {
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly apiGroup?: string
  readonly apiVersion?: string
  readonly resourceVersion?: string
  readonly subresource?: string
}

export type ResponseStatus = { readonly metadata: object } & Partial<Omit<Status, 'metadata' | 'kind' | 'apiVersion'>>

/** JSON that is there already as text. */
export class RawJson {
  constructor(readonly text: string) {}
}

export function eventUser({ name, uid, groups, extra }: UserInfo): EventUser {
  return {
    ...(name === '' ? {} : { username: name }),
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** The event in one line of JSON. */
export function eventJson(event: AuditEvent): string {
  const { requestObject, responseObject, requestReceivedTimestamp, stageTimestamp, annotations, ...head } = event
  const objects =
    (requestObject === undefined ? '' : `,"requestObject":${requestObject.text}`) +
    (responseObject === undefined ? '' : `,"responseObject":${responseObject.text}`)
  const tail = JSON.stringify({ requestReceivedTimestamp, stageTimestamp, annotations }).slice(1)
  return `${JSON.stringify(head).slice(0, -1)}${objects},${tail}`
}
