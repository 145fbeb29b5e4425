/** Why an expression did not simply hold. Source: apiserver pkg/admission/plugin/policy, metrics. */
export type PolicyErrorType = 'no_error' | 'compile_error' | 'out_of_budget' | 'invalid_error'

/** Measures policies. */
export interface PolicyObserver {
  /** @param action what came of it: allow, deny, audit or warn */
  validated(policy: string, binding: string, error: PolicyErrorType, action: string, seconds: number): void
  mutated(policy: string, binding: string, error: PolicyErrorType, seconds: number): void
}

export function errorTypeOf(message: string | undefined): PolicyErrorType {
  if (message === undefined) return 'no_error'
  if (message.startsWith('compilation')) return 'compile_error'
  return message.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error'
}
