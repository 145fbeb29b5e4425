import {
  CelError,
  type Compiled,
  defaultCompatibleMinor,
  Environment,
  kubernetesLibraries,
  optionalOf,
  type Program,
  SchemaType,
  schemaSizes,
  schemaTypes,
  type Type,
} from '../../../../cel/index.js'
import { followFieldPath } from '../field-path.js'
import { type ValidationRule, validations } from '../json-schema.js'
import type { SchemaNode } from '../node.js'

/** A rule of a schema, ready to be evaluated; or why it cannot be. */
export interface CompiledRule {
  readonly rule: ValidationRule
  readonly error: string | undefined
  /** Undefined if there is an error, or no rule. */
  readonly program: Program | undefined
  readonly usesOldSelf: boolean
  /** What one evaluation may cost. */
  readonly maxCost: number
  readonly message: Program | undefined
  readonly messageError: string | undefined
  readonly messageMaxCost: number
  /** Relative to the value; empty: the value itself. */
  readonly fieldPath: string
}

/** What expressions may use: new ones, and those that have been stored before. */
export class RuleEnvironments {
  readonly #stored = new Environment({ libraries: kubernetesLibraries() })
  readonly #new = new Map<number, Environment>()

  /**
   * For the rules of one schema. Environments are made when the first rule needs them.
   * @param version what new expressions are held to
   */
  of(
    declared: SchemaType,
    version = defaultCompatibleMinor,
  ): (stored: boolean, optionalOldSelf: boolean) => Environment {
    const made = new Map<string, Environment>()
    const types = schemaTypes(declared)
    const { type: self } = declared
    return (stored, optional) => {
      const key = `${stored} ${optional}`
      let environment = made.get(key)
      if (environment === undefined) {
        const oldSelf: Type = optional ? optionalOf(self) : self
        environment = (stored ? this.#stored : this.#since(version)).extend({ variables: { self, oldSelf }, types })
        made.set(key, environment)
      }
      return environment
    }
  }

  #since(version: number): Environment {
    const environment = this.#new.get(version) ?? this.#stored.extend({ version })
    this.#new.set(version, environment)
    return environment
  }
}

/** Which expressions were there before an update: they are held to what was allowed then. */
export interface StoredExpressions {
  rule(text: string): boolean
  message(text: string): boolean
  /** What the others are held to. */
  readonly version?: number | undefined
}

export const allStored: StoredExpressions = { rule: () => true, message: () => true }

/** Time to let others have a turn: work that may take long yields after each piece of it. */
export type Steps<T> = Generator<void, T, void>

/** The rules of a schema itself, not of what is within it. Source: apiextensions pkg/apiserver/schema/cel, Compile. */
export function* compileRules(
  node: SchemaNode,
  declared: SchemaType,
  environments: RuleEnvironments,
  stored: StoredExpressions,
): Steps<CompiledRule[]> {
  const environmentOf = environments.of(declared, stored.version)
  const sizes = schemaSizes(declared)
  const all: CompiledRule[] = []
  for (const rule of node.schema[validations] ?? []) {
    all.push(compileRule(rule))
    yield
  }
  return all

  function compileRule(rule: ValidationRule): CompiledRule {
    const optional = rule.optionalOldSelf === true
    const compile = (text: string, isStored: boolean) => environmentOf(isStored, optional).compile(text)
    const nothing: CompiledRule = {
      rule,
      error: undefined,
      program: undefined,
      usesOldSelf: false,
      maxCost: 0,
      message: undefined,
      messageError: undefined,
      messageMaxCost: 0,
      fieldPath: '',
    }
    const { rule: text = '', messageExpression = '', fieldPath = '' } = rule
    if (text.trim() === '') return nothing
    const { compiled, issues } = compile(text, stored.rule(text))
    if (issues !== undefined) return { ...nothing, error: `compilation failed: ${issues}` }
    if (compiled.type.kind !== 'bool' || compiled.type.nullable)
      return { ...nothing, error: 'cel expression must evaluate to a bool' }
    const usesOldSelf = compiled.variables.has('oldSelf')
    const program = instantiate(compiled)
    if (typeof program === 'string')
      return { ...nothing, usesOldSelf, error: `program instantiation failed: ${program}` }
    const ready = { ...nothing, program, usesOldSelf, maxCost: compiled.estimateCost(sizes).max }
    if (messageExpression === '') return { ...ready, fieldPath: relativePath(fieldPath, node) }
    const message = compile(messageExpression, stored.message(messageExpression))
    if (message.issues !== undefined)
      return { ...ready, messageError: `messageExpression compilation failed: ${message.issues}` }
    if (message.compiled.type.kind !== 'string' || message.compiled.type.nullable)
      return { ...ready, messageError: 'messageExpression must evaluate to a string' }
    const messageProgram = instantiate(message.compiled)
    if (typeof messageProgram === 'string')
      return { ...ready, messageError: `messageExpression instantiation failed: ${messageProgram}` }
    return {
      ...ready,
      message: messageProgram,
      messageMaxCost: message.compiled.estimateCost(sizes).max,
      fieldPath: relativePath(fieldPath, node),
    }
  }
}

/** What a schema is to rules. Authors must not come to rely on the name of its type. @returns undefined: nothing */
export const declare = (node: SchemaNode, isResource: boolean): SchemaType | undefined =>
  SchemaType.of(node.schema, 'selfType1', isResource)

function instantiate(compiled: Compiled): Program | string {
  try {
    return compiled.program()
  } catch (error) {
    if (error instanceof CelError) return error.message
    throw error
  }
}

function relativePath(text: string, node: SchemaNode): string {
  if (text === '') return ''
  const found = followFieldPath(text, node)
  return 'error' in found ? '' : found.path
}
