import type { CompiledExpression } from '../../registry/index.js'
import { aggregate } from '../aggregate.js'
import { Evaluator, type Expression, type ExpressionInput, matchConditionBudget } from './evaluation.js'

/** What match conditions say of a request. */
export type ConditionsMet = boolean | { readonly error: string; readonly failed: number }

/**
 * All conditions must hold; one that does not outweighs others that fail.
 * Source: apiserver pkg/admission/plugin/webhook/matchconditions.
 *
 * @param ignoresFailures a failure is a no
 */
export function evaluateConditions(
  conditions: readonly Expression[],
  variables: ReadonlyMap<string, CompiledExpression>,
  input: ExpressionInput,
  ignoresFailures: boolean,
): ConditionsMet {
  const evaluator = new Evaluator(variables, input, matchConditionBudget)
  const errors: string[] = []
  let excluded = false
  try {
    for (const condition of conditions) {
      const { value, error } = evaluator.evaluate(condition)
      if (error !== undefined) errors.push(error)
      else if (value === false) excluded = true
    }
  } catch (error) {
    return ignoresFailures ? false : { error: (error as Error).message, failed: 0 }
  }
  if (excluded) return false
  if (errors.length === 0) return true
  return ignoresFailures ? false : { error: aggregate(errors), failed: errors.length }
}
