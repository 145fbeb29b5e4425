import type { CompiledExpression } from '../../registry/index.js'
import { evaluateConditions } from '../expressions/conditions.js'
import { Evaluator, type ExpressionInput, policyBudget, type Result } from '../expressions/evaluation.js'
import type { ValidatingExpressions, Validation } from './compile.js'

/** What one validation comes to. */
export interface Decision {
  readonly denied: boolean
  /** Undefined: it was evaluated, and holds. */
  readonly message: string | undefined
  readonly reason: string
}

export interface Annotation {
  readonly key: string
  readonly value?: string
  readonly error?: string
}

export interface Outcome {
  readonly decisions: readonly Decision[]
  readonly annotations: readonly Annotation[]
  /** What the match conditions said, for the metrics. */
  readonly conditions: 'none' | 'met' | 'excluded' | 'failed'
}

/** Source: apiserver pkg/apis/cel/config.go. */
const maxMessageBytes = 5 * 1024

/**
 * A policy's expressions for one request and one parameter.
 * Source: apiserver pkg/admission/plugin/policy/validating/validator.go.
 */
export function validateOnce(
  { variables, conditions, validations, annotations }: ValidatingExpressions,
  input: ExpressionInput,
  ignoresFailures: boolean,
): Outcome {
  const failure = (message: string): Decision => ({ denied: !ignoresFailures, message, reason: '' })
  const only = (decision: Decision, met: Outcome['conditions']): Outcome => ({
    decisions: [decision],
    annotations: [],
    conditions: met,
  })
  let met: Outcome['conditions'] = 'none'
  if (conditions.length > 0) {
    const said = evaluateConditions(conditions, variables, input, ignoresFailures)
    if (typeof said === 'object') return only(failure(said.error), 'failed')
    if (!said) return { decisions: [], annotations: [], conditions: 'excluded' }
    met = 'met'
  }
  let decisions: Decision[]
  try {
    const evaluator = new Evaluator(variables, input, policyBudget)
    const results = validations.map(({ expression }) => evaluator.evaluate(expression))
    const messages = messagesOf(validations, results, variables, input, evaluator.remaining)
    decisions = results.map((result, i) => decide(validations[i]!, result, messages(i), failure))
    return { decisions, annotations: annotationsOf(annotations, variables, input), conditions: met }
  } catch (error) {
    return only(failure((error as Error).message), met)
  }
}

type Message = { readonly text: string | undefined; readonly failed?: string }

/** Messages are told of what does not hold only, so that only then they are evaluated, all of them, in their order. */
function messagesOf(
  validations: readonly Validation[],
  results: readonly Result[],
  variables: ReadonlyMap<string, CompiledExpression>,
  input: ExpressionInput,
  budget: number,
): (index: number) => Message {
  const none = { text: undefined }
  if (results.every(({ value }) => value === true) || validations.every(({ message }) => message === undefined))
    return () => none
  const evaluator = new Evaluator(variables, { ...input, authorizer: undefined, requestResource: undefined }, budget)
  let failed: string | undefined
  const texts: (string | undefined)[] = []
  for (const { message } of validations) {
    if (message === undefined) {
      texts.push(undefined)
      continue
    }
    try {
      texts.push(usable(evaluator.evaluate(message).value))
    } catch (error) {
      failed = (error as Error).message
      break
    }
  }
  return (index) => (failed === undefined ? { text: texts[index] } : { text: undefined, failed })
}

function usable(value: Result['value']): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  return text === '' || text.includes('\n') || Buffer.byteLength(text) > maxMessageBytes ? undefined : text
}

function decide(
  { expression, fixedMessage, reason }: Validation,
  { value, error }: Result,
  { text, failed }: Message,
  failure: (message: string) => Decision,
): Decision {
  if (error !== undefined) return failure(error)
  if (failed !== undefined) return failure(`failed messageExpression: ${failed}`)
  if (value === true) return { denied: false, message: undefined, reason: '' }
  const message = text ?? (fixedMessage || `failed expression: ${expression.text.trim()}`)
  return { denied: true, message, reason }
}

/** They have a budget of their own. */
function annotationsOf(
  annotations: ValidatingExpressions['annotations'],
  variables: ReadonlyMap<string, CompiledExpression>,
  input: ExpressionInput,
): Annotation[] {
  if (annotations.length === 0) return []
  const own = { ...input, authorizer: undefined, requestResource: undefined }
  const evaluator = new Evaluator(variables, own, policyBudget)
  return annotations.flatMap(({ key, value: expression }): Annotation[] => {
    const { value, error } = evaluator.evaluate(expression)
    if (error !== undefined) return [{ key, error }]
    const text = typeof value === 'string' ? value.trim() : ''
    return text === '' ? [] : [{ key, value: text }]
  })
}
