import type { ReviewSpec } from './review.js'

/** Whether a webhook is asked about a request; an Error if that cannot be told. */
export type RequestMatcher = (spec: ReviewSpec) => boolean | Error

/** Makes the match conditions of webhooks usable. */
export interface MatchConditionCompiler {
  /** What is wrong with an expression; undefined: nothing. */
  problem(expression: string): string | undefined
  /** All conditions of a webhook, found to be good. Undefined: there are none. */
  matcher(expressions: readonly string[], observe: MatchObserver): RequestMatcher | undefined
}

/** For metrics: what all conditions came to for one request. */
export type MatchObserver = (outcome: 'matched' | 'excluded' | 'failed', seconds: number) => void

/** Loads the expression engine. */
export async function matchConditionCompiler(): Promise<MatchConditionCompiler> {
  const { celMatchConditions } = await import('./cel-match-conditions.js')
  return celMatchConditions()
}
