import type { Value } from './values.js'

/** A compiled expression. Immutable: may be evaluated any number of times, also within an evaluation. */
export interface Program {
  /**
   * @param activation values of the declared variables, read only if the expression uses them; one that is undefined
   *   is an error when it is read
   */
  evaluate(activation: Activation, options?: EvaluateOptions): Evaluation
}

export type Activation = { readonly [variable: string]: Value | undefined }

export interface EvaluateOptions {
  /** Cost at which evaluation is given up. Default: no limit. Kubernetes' for one call is 1,000,000. */
  readonly budget?: number
  /** Looked at in every comprehension step. */
  readonly signal?: AbortSignal
}

export type Evaluation =
  | { readonly value: Value; readonly error?: undefined; readonly cost: number }
  | { readonly value?: undefined; readonly error: EvaluationError; readonly cost: number }

export interface EvaluationError {
  /** cel-go's text: `no such key: a`, `index out of bounds: 3`, `operation cancelled: actual cost limit exceeded`. */
  readonly message: string
  readonly reason: 'failed' | 'budget' | 'cancelled'
}
