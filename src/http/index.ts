// What other folders may use of http/.
export type { Filter, Handler, RequestContext, RequestInfo, UserInfo } from './context.js'
export type { Exchange, ResponseStream } from './exchange.js'
