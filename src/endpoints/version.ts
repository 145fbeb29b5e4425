import type { RequestContext } from '../http/index.js'
import { negotiate, type Representations } from './negotiate.js'
import { respond } from './respond.js'
import { noSuchMethod } from './scope.js'

const jsonOnly: Representations = { mediaTypes: ['application/json'], streams: false, transforms: [] }

/** GET /version. */
export function respondVersion(context: RequestContext, info: object): Promise<void> | void {
  if (context.exchange.method !== 'GET') throw noSuchMethod()
  return respond(context, 200, info, { ...negotiate(context, jsonOnly), pretty: true })
}
