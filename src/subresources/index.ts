// What other folders may use of subresources/.
export { type HandlerOptions, subresourceHandlers, virtualResources } from './handlers.js'
export type { TokenCheck } from './identity-reviews.js'
export type { KubeletOptions } from './kubelet.js'
export type { TokenRequestOptions } from './token-request.js'
