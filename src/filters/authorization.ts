import { quote } from '../api/index.js'
import {
  type Attributes,
  type Authorizer,
  attributesOf,
  type Decision,
  escapeHtml,
  forbiddenError,
} from '../authz/index.js'
import type { Filter, Handler, RequestAudit, RequestContext } from '../http/index.js'
import { writePlainError } from './write-error.js'

/** For metrics and audit annotations. */
export type DecisionHook = (context: RequestContext, decision: Decision, seconds: number) => void

/** Lets through what is allowed, answers 403 to the rest. Source: apiserver pkg/endpoints/filters/authorization.go. */
export function authorization(authorizer: Authorizer, onDecision: DecisionHook | undefined): Filter {
  const settle = (
    next: Handler,
    context: RequestContext,
    attributes: Attributes,
    decision: Decision,
    began: number,
  ) => {
    onDecision?.(context, decision, (performance.now() - began) / 1000)
    if (context.audit !== undefined) annotate(context.audit, decision)
    if (decision.verdict === 'allow') return next(context)
    if (decision.error !== undefined) {
      const { path, query } = context.exchange
      const uri = query === '' ? path : `${path}?${query}`
      writePlainError(context, 500, escapeHtml(`Internal Server Error: ${quote(uri)}: ${decision.error.message}`))
      return
    }
    context.exchange.header('x-content-type-options', 'nosniff')
    throw forbiddenError(attributes, decision.reason)
  }
  return (next) => (context) => {
    const began = performance.now()
    const attributes = attributesOf(context)
    const decision = authorizer.authorize(attributes)
    return decision instanceof Promise
      ? decision.then((one) => settle(next, context, attributes, one, began))
      : settle(next, context, attributes, decision, began)
  }
}

function annotate(audit: RequestAudit, { verdict, reason, error }: Decision): void {
  const failed = verdict !== 'allow' && error !== undefined
  if (!failed) audit.annotate('authorization.k8s.io/decision', verdict === 'allow' ? 'allow' : 'forbid')
  audit.annotate('authorization.k8s.io/reason', failed ? 'internal error' : reason)
}
