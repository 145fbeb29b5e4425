// What other folders may use of filters/.
export { buildHandlerChain, type ChainOptions, serveExchanges } from './chain.js'
export type { ResponseHook } from './http-log.js'
export { type ImpersonationObserver, impersonation } from './impersonation.js'
export { LastRequests } from './last-requests.js'
export type { InFlightOptions } from './max-in-flight.js'
export type { ErrorLog } from './panic-recovery.js'
export { type PriorityAndFairnessOptions, priorityAndFairness } from './priority-and-fairness.js'
export type { StatusEncoder } from './write-error.js'
