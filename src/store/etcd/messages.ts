import type { Message } from '../../http/index.js'

// What is used of etcd's rpc.proto and kv.proto (etcdserverpb, mvccpb), and of the proxied services beside them.

export interface Header {
  readonly revision?: number
}
const header: Message = [{ number: 3, name: 'revision', type: 'int' }]

export interface KeyValue {
  readonly key: Buffer
  readonly createRevision?: number
  readonly modRevision?: number
  readonly version?: number
  readonly value?: Buffer
  readonly lease?: number
}
const keyValue: Message = [
  { number: 1, name: 'key', type: 'bytes' },
  { number: 2, name: 'createRevision', type: 'int' },
  { number: 3, name: 'modRevision', type: 'int' },
  { number: 4, name: 'version', type: 'int' },
  { number: 5, name: 'value', type: 'bytes' },
  { number: 6, name: 'lease', type: 'int' },
]

export interface RangeRequest {
  readonly key: Buffer | string
  /** One NUL: all keys from `key` on. Default: `key` alone. */
  readonly rangeEnd?: Buffer | string
  readonly limit?: number
  readonly revision?: number
  readonly serializable?: boolean
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
}
export const rangeRequest: Message = [
  { number: 1, name: 'key', type: 'bytes' },
  { number: 2, name: 'rangeEnd', type: 'bytes' },
  { number: 3, name: 'limit', type: 'int' },
  { number: 4, name: 'revision', type: 'int' },
  { number: 7, name: 'serializable', type: 'bool' },
  { number: 8, name: 'keysOnly', type: 'bool' },
  { number: 9, name: 'countOnly', type: 'bool' },
]

export interface RangeResponse {
  readonly header?: Header
  readonly kvs: readonly KeyValue[]
  readonly more?: boolean
  readonly count?: number
}
export const rangeResponse: Message = [
  { number: 1, name: 'header', type: header },
  { number: 2, name: 'kvs', type: keyValue, repeated: true },
  { number: 3, name: 'more', type: 'bool' },
  { number: 4, name: 'count', type: 'int' },
]

export interface PutRequest {
  readonly key: Buffer | string
  readonly value: Buffer
  readonly lease?: number
}
export const putRequest: Message = [
  { number: 1, name: 'key', type: 'bytes' },
  { number: 2, name: 'value', type: 'bytes' },
  { number: 3, name: 'lease', type: 'int' },
]
export const putResponse: Message = [{ number: 1, name: 'header', type: header }]

export interface DeleteRangeRequest {
  readonly key: Buffer | string
  readonly rangeEnd?: Buffer | string
}
const deleteRangeRequest: Message = [
  { number: 1, name: 'key', type: 'bytes' },
  { number: 2, name: 'rangeEnd', type: 'bytes' },
]

/** One of the three. */
export interface RequestOp {
  readonly range?: RangeRequest
  readonly put?: PutRequest
  readonly deleteRange?: DeleteRangeRequest
}
const requestOp: Message = [
  { number: 1, name: 'range', type: rangeRequest },
  { number: 2, name: 'put', type: putRequest },
  { number: 3, name: 'deleteRange', type: deleteRangeRequest },
]

export const compareTarget = { version: 0, modRevision: 2 } as const

/** The key's number is equal to what is given. A key that is not there has zeros. */
export interface Compare {
  readonly target: number
  readonly key: Buffer | string
  /** A oneof: written by `compareNumber` also where it is 0, which leaving it out means as well. */
  readonly version?: number
  readonly modRevision?: number
}
const compare: Message = [
  { number: 2, name: 'target', type: 'int' },
  { number: 3, name: 'key', type: 'bytes' },
  { number: 4, name: 'version', type: 'int' },
  { number: 6, name: 'modRevision', type: 'int' },
]

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly RequestOp[]
  readonly failure: readonly RequestOp[]
}
export const txnRequest: Message = [
  { number: 1, name: 'compare', type: compare, repeated: true },
  { number: 2, name: 'success', type: requestOp, repeated: true },
  { number: 3, name: 'failure', type: requestOp, repeated: true },
]

export interface TxnResponse {
  readonly header?: Header
  readonly succeeded?: boolean
  readonly responses: readonly { readonly range?: RangeResponse }[]
}
export const txnResponse: Message = [
  { number: 1, name: 'header', type: header },
  { number: 2, name: 'succeeded', type: 'bool' },
  { number: 3, name: 'responses', type: [{ number: 1, name: 'range', type: rangeResponse }], repeated: true },
]

export interface CompactionRequest {
  readonly revision: number
  /** Answer when it has been done to the data, not when it has been agreed upon. */
  readonly physical?: boolean
}
export const compactionRequest: Message = [
  { number: 1, name: 'revision', type: 'int' },
  { number: 2, name: 'physical', type: 'bool' },
]
export const compactionResponse: Message = [{ number: 1, name: 'header', type: header }]

/** One of the three. */
export interface WatchRequest {
  readonly create?: {
    readonly key: Buffer | string
    readonly rangeEnd?: Buffer | string
    readonly startRevision?: number
    readonly progressNotify?: boolean
    readonly prevKv?: boolean
    readonly fragment?: boolean
  }
  readonly progress?: object
}
export const watchRequest: Message = [
  {
    number: 1,
    name: 'create',
    type: [
      { number: 1, name: 'key', type: 'bytes' },
      { number: 2, name: 'rangeEnd', type: 'bytes' },
      { number: 3, name: 'startRevision', type: 'int' },
      { number: 4, name: 'progressNotify', type: 'bool' },
      { number: 6, name: 'prevKv', type: 'bool' },
      { number: 8, name: 'fragment', type: 'bool' },
    ],
  },
  { number: 3, name: 'progress', type: [] },
]

export interface WatchEvent {
  /** 0 or absent: put. 1: delete. */
  readonly type?: number
  readonly kv: KeyValue
}

export interface WatchResponse {
  readonly header?: Header
  readonly created?: boolean
  readonly canceled?: boolean
  readonly compactRevision?: number
  readonly cancelReason?: string
  readonly fragment?: boolean
  readonly events: readonly WatchEvent[]
}
export const watchResponse: Message = [
  { number: 1, name: 'header', type: header },
  { number: 3, name: 'created', type: 'bool' },
  { number: 4, name: 'canceled', type: 'bool' },
  { number: 5, name: 'compactRevision', type: 'int' },
  { number: 6, name: 'cancelReason', type: 'string' },
  { number: 7, name: 'fragment', type: 'bool' },
  {
    number: 11,
    name: 'events',
    type: [
      { number: 1, name: 'type', type: 'int' },
      { number: 2, name: 'kv', type: keyValue },
    ],
    repeated: true,
  },
]

export interface LeaseGrantRequest {
  /** Seconds. */
  readonly ttl: number
  /** Of our own making, so that it is a safe integer. */
  readonly id: number
}
export const leaseGrantRequest: Message = [
  { number: 1, name: 'ttl', type: 'int' },
  { number: 2, name: 'id', type: 'int' },
]
export const leaseGrantResponse: Message = [
  { number: 2, name: 'id', type: 'int' },
  { number: 3, name: 'ttl', type: 'int' },
  { number: 4, name: 'error', type: 'string' },
]

export interface StatusResponse {
  readonly version?: string
  /** Bytes of the database's file. */
  readonly dbSize?: number
}
export const statusRequest: Message = []
export const statusResponse: Message = [
  { number: 1, name: 'header', type: header },
  { number: 2, name: 'version', type: 'string' },
  { number: 3, name: 'dbSize', type: 'int' },
]
