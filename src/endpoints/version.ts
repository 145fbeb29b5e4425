import type { RequestContext } from '../http/index.js'
import { admit } from './negotiate.js'
import { respond } from './respond.js'
import { noSuchMethod } from './scope.js'

/** GET /version: JSON, whatever is asked for beside it. */
export function respondVersion(context: RequestContext, info: object): Promise<void> | void {
  if (context.exchange.method !== 'GET') throw noSuchMethod()
  admit(context.exchange.headers.accept ?? '', ['application/json'])
  return respond(context, 200, info, { mediaType: 'application/json', pretty: true })
}
