import type { FieldErrors } from '../../../api/index.js'
import type { JsonSchema } from './json-schema.js'
import type { SchemaNode } from './node.js'

/** What evaluates `x-kubernetes-validations`. */
export interface RuleEngine {
  /**
   * Checks the rules of a definition's schema, which is otherwise valid: types, costs, texts.
   * @param path of the schema: `spec.validation.openAPIV3Schema`
   * @param old  the schema before an update: expressions that it has are held to what was allowed then
   */
  check(schema: JsonSchema, path: string, errors: FieldErrors, old: readonly JsonSchema[]): void
  /** The rules of a whole schema, ready to judge objects; undefined if it has none. */
  compile(node: SchemaNode): CompiledRules | undefined
}

/** Judges a value, against the one that it replaces. */
export type CompiledRules = (value: unknown, old: unknown, path: string, errors: FieldErrors) => void

/** Undefined: rules are accepted and not evaluated. An expression language has its place here. */
export const ruleEngine: RuleEngine | undefined = undefined
