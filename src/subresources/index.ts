// What other folders may use of subresources/.
export { type Rules, selfSubjectRulesReviews } from './access-reviews.js'
export type { AccessDecision, AccessQuestion, SubresourceEnvironment } from './environment.js'
export { type HandlerOptions, subresourceHandlers, virtualResources } from './handlers.js'
export type { TokenCheck, TokenVerdict } from './identity-reviews.js'
export type { KubeletOptions } from './kubelet.js'
export type { TokenRequestOptions } from './token-request.js'
