import type { Answer } from './rest-client.js'

/** An answer that is none: its status is not 2xx. The message is what the peer's Status says, or upstream's for the code. */
export class RefusedCall extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message)
  }
}

/** What of a text goes into an error. Source: client-go rest, maxUnstructuredResponseTextBytes. */
const maxTextBytes = 2048

/** Source: client-go rest/request.go transformResponse, apimachinery errors.NewGenericServerResponse. */
export function refusalOf({ status, contentType, bytes }: Answer): RefusedCall {
  const told = statusOf(bytes)
  if (told !== undefined) return new RefusedCall(told.message, told.code || status)
  return new RefusedCall(textOf(status, isText(contentType) ? readable(bytes) : 'unknown'), status)
}

function textOf(status: number, told: string): string {
  switch (status) {
    case 400:
      return 'the server rejected our request for an unknown reason'
    case 401:
      return 'the server has asked for the client to provide credentials'
    case 403:
    case 415:
      return told
    case 404:
      return 'the server could not find the requested resource'
    case 405:
      return 'the server does not allow this method on the requested resource'
    case 406:
      return told === '' || told === 'unknown'
        ? 'the server was unable to respond with a content type that the client supports'
        : told
    case 409:
      return 'the server reported a conflict'
    case 422:
      return 'the server rejected our request due to an error in our request'
    case 429:
      return 'the server has received too many requests and has asked us to try again later'
    case 503:
      return 'the server is currently unable to handle the request'
    case 504:
      return 'the server was unable to return a response in the time allotted, but may still be processing the request'
    default:
      return status >= 500
        ? `an error on the server (${JSON.stringify(told)}) has prevented the request from succeeding`
        : `the server responded with the status code ${status} but did not return more information`
  }
}

const isText = (contentType: string | undefined): boolean =>
  contentType === undefined || /^\s*text\//i.test(contentType)

const readable = (bytes: Buffer): string => bytes.subarray(0, maxTextBytes).toString('utf8').trim()

function statusOf(bytes: Buffer): { message: string; code: number } | undefined {
  try {
    const status = JSON.parse(bytes.toString('utf8')) as {
      kind?: unknown
      apiVersion?: unknown
      status?: unknown
      message?: unknown
      code?: unknown
    } | null
    if (status?.kind !== 'Status' || status.apiVersion !== 'v1' || status.status === 'Success') return undefined
    return {
      message: typeof status.message === 'string' ? status.message : '',
      code: typeof status.code === 'number' ? status.code : 0,
    }
  } catch {
    return undefined
  }
}
