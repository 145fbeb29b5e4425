import { encodeBody } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'
import { admit } from './negotiate.js'
import { noSuchMethod } from './scope.js'

/** GET /version: JSON, whatever is asked for beside it. */
export function respondVersion(context: RequestContext, info: object): Promise<void> | void {
  if (context.exchange.method !== 'GET') throw noSuchMethod()
  admit(context.exchange.headers.accept ?? '', ['application/json'])
  // Not by respond(): what is no object of the API is not for the audit log.
  return context.exchange.send(200, 'application/json', encodeBody('application/json', info, true))
}
