import type { KubeObject } from '../../api/index.js'
import { jsonPatchType, listOf, type Type, types } from '../../cel/index.js'
import { type CompiledExpression, type ExpressionScope, expressionTools } from '../../registry/index.js'
import type { Expression } from '../expressions/evaluation.js'

/** The expressions of a validating policy. Those that do not compile any more are errors when they are evaluated. */
export interface ValidatingExpressions {
  readonly variables: ReadonlyMap<string, CompiledExpression>
  readonly conditions: readonly Expression[]
  readonly validations: readonly Validation[]
  readonly annotations: readonly { readonly key: string; readonly value: Expression }[]
}

export interface Validation {
  readonly expression: Expression
  readonly message: Expression | undefined
  readonly fixedMessage: string
  readonly reason: string
}

export interface MutatingExpressions {
  readonly variables: ReadonlyMap<string, CompiledExpression>
  readonly conditions: readonly Expression[]
  readonly mutations: readonly Mutation[]
  readonly reinvocable: boolean
}

export interface Mutation {
  readonly type: 'ApplyConfiguration' | 'JSONPatch'
  readonly expression: Expression
}

interface Named {
  readonly name: string
  readonly expression: string
}

interface Spec {
  readonly paramKind?: object
  readonly variables?: readonly Named[]
  readonly matchConditions?: readonly Named[]
  readonly validations?: readonly {
    readonly expression: string
    readonly message?: string
    readonly messageExpression?: string
    readonly reason?: string
  }[]
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[]
  readonly mutations?: readonly {
    readonly patchType?: string
    readonly applyConfiguration?: { readonly expression: string }
    readonly jsonPatch?: { readonly expression: string }
  }[]
  readonly reinvocationPolicy?: string
}

const { bool, string } = types

export function compileValidating({ spec = {} }: KubeObject): ValidatingExpressions {
  const { validations = [], auditAnnotations = [] }: Spec = spec
  const { compile, scope, variables, conditions } = begin(spec)
  return {
    variables,
    conditions,
    validations: validations.map(({ expression, message = '', messageExpression = '', reason = '' }) => ({
      expression: compile(expression, [bool], scope),
      message:
        messageExpression === '' ? undefined : compile(messageExpression, [string], { ...scope, authorizer: false }),
      fixedMessage: message.trim(),
      reason: reason || 'Invalid',
    })),
    annotations: auditAnnotations.map(({ key, valueExpression }) => ({
      key,
      value: compile(valueExpression, [string, types.null], scope),
    })),
  }
}

export function compileMutating({ spec = {} }: KubeObject): MutatingExpressions {
  const { configurationObject } = expressionTools()
  const { mutations = [], reinvocationPolicy }: Spec = spec
  const { compile, scope, variables, conditions } = begin(spec)
  const patches = { ...scope, patches: true }
  return {
    variables,
    conditions,
    reinvocable: reinvocationPolicy === 'IfNeeded',
    mutations: mutations.flatMap(({ patchType, applyConfiguration, jsonPatch }): Mutation[] => {
      if (patchType === 'JSONPatch' && jsonPatch !== undefined)
        return [{ type: patchType, expression: compile(jsonPatch.expression, [listOf(jsonPatchType)], patches) }]
      if (patchType === 'ApplyConfiguration' && applyConfiguration !== undefined)
        return [{ type: patchType, expression: compile(applyConfiguration.expression, [configurationObject], patches) }]
      return []
    }),
  }
}

/** Conditions of a webhook, which has no variables and no parameters. */
export function compileConditions(conditions: readonly Named[]): readonly Expression[] {
  const { ExpressionCompiler } = expressionTools()
  const compiler = new ExpressionCompiler(false)
  return conditions.map(({ expression }) => ({
    text: expression,
    compiled: compiler.compile(expression, [bool], { params: false, authorizer: true }, true),
  }))
}

function begin(spec: Spec) {
  const scope: ExpressionScope = { params: spec.paramKind !== undefined, authorizer: true }
  const { ExpressionCompiler } = expressionTools()
  const compiler = new ExpressionCompiler(true)
  const variables = new Map(
    (spec.variables ?? []).map(({ name, expression }) => [
      name,
      compiler.compileVariable(name, expression, scope, true),
    ]),
  )
  const compile = (text: string, returns: readonly Type[], own: ExpressionScope): Expression => ({
    text,
    compiled: compiler.compile(text, returns, own, true),
  })
  const conditions = (spec.matchConditions ?? []).map(({ expression }) => compile(expression, [bool], scope))
  return { compile, scope, variables, conditions }
}
