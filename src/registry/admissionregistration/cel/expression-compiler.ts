import {
  authorizerType,
  CelError,
  type Compiled,
  defaultCompatibleMinor,
  Environment,
  jsonPatchLibrary,
  kubernetesLibraries,
  listOf,
  mapOf,
  type ObjectType,
  objectType,
  type Program,
  resourceCheckType,
  sameType,
  type Type,
  type TypeProvider,
  types,
} from '../../../cel/index.js'
import { namespaceType, objectTypes, patchTypes, plain, requestType, variablesTypeName } from './object-types.js'

/** What an expression may use besides `object`, `oldObject`, `request` and `namespaceObject`. */
export interface ExpressionScope {
  readonly params: boolean
  readonly authorizer: boolean
  /** Writes patches: `Object{...}`, `JSONPatch{...}`. */
  readonly patches?: boolean
}

export type CompiledExpression =
  | { readonly program: Program; readonly type: Type; readonly compiled: Compiled; readonly error?: undefined }
  | { readonly program?: undefined; readonly type: Type | undefined; readonly error: ExpressionError }

export interface ExpressionError {
  /** Whether it is the author's or the server's. */
  readonly kind: 'invalid' | 'internal'
  readonly detail: string
}

/**
 * Compiles the expressions of one webhook or policy, whose variables are known to all that come after them.
 * Source: apiserver pkg/admission/plugin/cel.
 */
export class ExpressionCompiler {
  readonly #variables: Map<string, Type> | undefined
  #types: TypeProvider
  #patchTypes: TypeProvider
  readonly #environments = new Map<string, Environment>()

  readonly #compatibleMinor: number

  /**
   * @param composed whether there are `variables`
   * @param compatibleMinor the minor release that has to understand new expressions
   */
  constructor(composed: boolean, compatibleMinor = defaultCompatibleMinor) {
    this.#compatibleMinor = compatibleMinor
    this.#variables = composed ? new Map() : undefined
    this.#types = objectTypes
    this.#patchTypes = patchTypes
    if (composed) this.#declare()
  }

  /**
   * @param returns types that it may have
   * @param stored what was once allowed is still understood
   */
  compile(text: string, returns: readonly Type[], scope: ExpressionScope, stored: boolean): CompiledExpression {
    const { compiled, issues } = this.#environment(scope, stored).compile(text)
    if (compiled === undefined) return refused('invalid', `compilation failed: ${String(issues)}`)
    const { type } = compiled
    if (!returns.some((each) => each.kind === 'any' || sameType(each, type))) {
      const wanted = returns.map(typeText)
      const words = wanted.length === 1 ? wanted[0]! : `one of [${wanted.join(' ')}]`
      return refused('invalid', `must evaluate to ${words} but got ${typeText(type)}`)
    }
    try {
      return { program: compiled.program(), type, compiled }
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      return refused('internal', `program instantiation failed: ${error.message}`)
    }
  }

  /** Compiles a variable and makes it known. One that does not compile may be anything. */
  compileVariable(name: string, text: string, scope: ExpressionScope, stored: boolean): CompiledExpression {
    const result = this.compile(text, [types.any], scope, stored)
    this.#variables?.set(name, result.type === undefined ? types.dyn : fieldType(result.type))
    this.#declare()
    return result
  }

  #declare(): void {
    const variables = plain(objectType(variablesTypeName), Object.fromEntries(this.#variables ?? []))
    this.#types = withVariables(objectTypes, variables)
    this.#patchTypes = withVariables(patchTypes, variables)
    this.#environments.clear()
  }

  #environment(scope: ExpressionScope, stored: boolean): Environment {
    const version = stored ? undefined : this.#compatibleMinor
    if (this.#variables === undefined) return plainEnvironment(scope, version)
    const key = keyOf(scope, version)
    let environment = this.#environments.get(key)
    if (environment === undefined) {
      const types = scope.patches === true ? this.#patchTypes : this.#types
      environment = plainEnvironment(scope, version).extend({
        variables: { variables: objectType(variablesTypeName) },
        types,
      })
      this.#environments.set(key, environment)
    }
    return environment
  }
}

const refused = (kind: ExpressionError['kind'], detail: string): CompiledExpression => ({
  type: undefined,
  error: { kind, detail },
})

const withVariables = (provider: TypeProvider, variables: ObjectType): TypeProvider => ({
  find: (name) => (name === variablesTypeName ? variables : provider.find(name)),
})

/** As cel-go's types print themselves, which is not how its checker does. */
function typeText(type: Type): string {
  switch (type.kind) {
    case 'null':
      return 'null_type'
    case 'duration':
    case 'timestamp':
      return type.name
    case 'any':
      return 'any'
    case 'list':
    case 'map':
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(typeText).join(', ')})`
    default:
      return String(type)
  }
}

const simple = new Set(['any', 'bool', 'bytes', 'double', 'duration', 'int', 'null', 'string', 'timestamp', 'uint'])

/** The type of a variable as others see it: objects of other types are anything. */
function fieldType(type: Type): Type {
  if (simple.has(type.kind) && !type.nullable) return type
  if (type.kind === 'list' && type.params.length === 1) return listOf(fieldType(type.params[0]!))
  if (type.kind === 'map' && type.params.length === 2)
    return mapOf(fieldType(type.params[0]!), fieldType(type.params[1]!))
  return types.dyn
}

const keyOf = ({ params, authorizer, patches = false }: ExpressionScope, version: number | undefined): string =>
  `${params} ${authorizer} ${patches} ${version}`

/** Environments never change once they are made, and all servers have the same. */
const made = new Map<string, Environment>()

/** @param version undefined: of expressions that are stored */
function plainEnvironment(scope: ExpressionScope, version: number | undefined): Environment {
  const key = keyOf(scope, version)
  let environment = made.get(key)
  if (environment === undefined) {
    const patches = scope.patches === true
    environment = new Environment({
      libraries: [...kubernetesLibraries(), ...(patches ? [jsonPatchLibrary()] : [])],
      variables: {
        object: types.dyn,
        oldObject: types.dyn,
        namespaceObject: namespaceType,
        request: requestType,
        ...(scope.params ? { params: types.dyn } : {}),
        ...(scope.authorizer ? { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType } : {}),
      },
      types: patches ? patchTypes : objectTypes,
      ...(version === undefined ? {} : { version }),
    })
    made.set(key, environment)
  }
  return environment
}
