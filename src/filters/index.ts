// What other folders may use of filters/.
export { buildHandlerChain, type ChainOptions, compose, serveExchanges } from './chain.js'
export { parseGoDuration } from './go-duration.js'
export type { ResponseHook } from './http-log.js'
export { type ImpersonationHook, impersonation } from './impersonation.js'
export type { InFlightOptions } from './max-in-flight.js'
export type { ErrorLog } from './panic-recovery.js'
export { isLongRunning } from './request-info.js'
export { type StatusEncoder, writeError, writePlainError } from './write-error.js'
