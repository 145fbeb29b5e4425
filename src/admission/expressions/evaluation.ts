import type { KubeObject } from '../../api/index.js'
import { CelError, Fields, type Opaque, objectType, type PlainObject, type Type, type Value } from '../../cel/index.js'
import type { CompiledExpression } from '../../registry/index.js'

/** What one call of an expression may cost. Source: apiserver pkg/apis/cel/config.go, as all budgets. */
const perCallLimit = 1_000_000
/** What all expressions of a policy may cost together, for one binding and parameter. */
export const policyBudget = 10_000_000
export const matchConditionBudget = 2_500_000

export interface ExpressionInput {
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  readonly params: KubeObject | undefined
  readonly namespace: KubeObject | undefined
  readonly request: () => PlainObject
  readonly authorizer?: (() => Opaque) | undefined
  readonly requestResource?: (() => Opaque) | undefined
}

/** An expression with its text, or one that is left out. */
export interface Expression {
  readonly text: string
  readonly compiled: CompiledExpression
}

export type Result =
  | { readonly value: Value; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string }

/** The budget is spent: nothing is evaluated any more. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/**
 * Evaluates expressions of one policy for one request, one after the other: they share their variables, each of which is
 * computed once at most, and a budget. Source: apiserver pkg/admission/plugin/cel.
 */
export class Evaluator {
  readonly #activation: Activation
  readonly #variables: Variables
  remaining: number

  constructor(variables: ReadonlyMap<string, CompiledExpression>, input: ExpressionInput, budget: number) {
    this.#activation = new Activation(input)
    this.#variables = new Variables(variables, this.#activation)
    this.#activation.variables = this.#variables
    this.remaining = budget
  }

  /** Throws OutOfBudget. */
  evaluate({ text, compiled }: Expression): Result {
    const { program, error } = compiled
    if (program === undefined) return { error: `compilation error: ${error.detail}` }
    const { value, error: failure, cost } = program.evaluate(this.#activation, { budget: perCallLimit })
    this.#spend(this.#variables.takeCost())
    this.#spend(cost)
    if (failure !== undefined) return { error: `expression '${text}' resulted in error: ${failure.message}` }
    return { value }
  }

  #spend(cost: number): void {
    if (cost > this.remaining) throw new OutOfBudget()
    this.remaining -= cost
  }
}

/** Names as expressions know them. What costs to make is made when it is first read. */
class Activation {
  readonly #input: ExpressionInput
  #request: PlainObject | undefined
  variables: Value = null
  readonly [variable: string]: Value | undefined

  constructor(input: ExpressionInput) {
    this.#input = input
  }

  get object(): Value {
    return (this.#input.object as unknown as PlainObject | undefined) ?? null
  }

  get oldObject(): Value {
    return (this.#input.oldObject as unknown as PlainObject | undefined) ?? null
  }

  get params(): Value {
    return (this.#input.params as unknown as PlainObject | undefined) ?? null
  }

  get namespaceObject(): Value {
    return (this.#input.namespace as unknown as PlainObject | undefined) ?? null
  }

  get request(): Value {
    this.#request ??= this.#input.request()
    return this.#request
  }

  get authorizer(): Value | undefined {
    return this.#input.authorizer?.()
  }

  get 'authorizer.requestResource'(): Value | undefined {
    return this.#input.requestResource?.()
  }
}

const variablesType = objectType('kubernetes.variables')

/** `variables`: each is computed when it is first asked for, and what it costs is told to whoever asked. */
class Variables extends Fields {
  override readonly type: Type = variablesType
  readonly #compiled: ReadonlyMap<string, CompiledExpression>
  readonly #activation: Activation
  readonly #known = new Map<string, Value | CelError>()
  #cost = 0

  constructor(compiled: ReadonlyMap<string, CompiledExpression>, activation: Activation) {
    super()
    this.#compiled = compiled
    this.#activation = activation
  }

  get size(): number {
    return this.#compiled.size
  }

  keys(): readonly Value[] {
    return [...this.#compiled.keys()]
  }

  override has(key: Value): boolean {
    return typeof key === 'string' && this.#compiled.has(key)
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    let found = this.#known.get(key)
    if (found === undefined) {
      const compiled = this.#compiled.get(key)
      if (compiled === undefined) return undefined
      found = this.#compute(key, compiled)
      this.#known.set(key, found)
    }
    if (found instanceof CelError) throw found
    return found
  }

  takeCost(): number {
    const cost = this.#cost
    this.#cost = 0
    return cost
  }

  #compute(name: string, { program, error }: CompiledExpression): Value | CelError {
    if (program === undefined)
      return new CelError(`composited variable ${JSON.stringify(name)} fails to compile: ${error.detail}`)
    const evaluation = program.evaluate(this.#activation, { budget: perCallLimit })
    this.#cost += evaluation.cost
    if (evaluation.error !== undefined)
      return new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${evaluation.error.message}`)
    return evaluation.value
  }
}
