import type { FieldErrors } from '../../../api/index.js'
import { type JsonSchema, schemaHas, validations } from './json-schema.js'
import type { SchemaNode } from './node.js'

/** What evaluates `x-kubernetes-validations`. */
export interface RuleEngine {
  /**
   * Compiles the rules of schemas that are about to be checked: many of them take longer than the event loop may be held.
   * Schemas are known again by identity. What is wrong with them is left to the check.
   * @param old schemas before an update
   * @param compatibleMinor the minor release that has to understand new expressions
   * @returns undefined: done
   */
  prepare(
    schemas: readonly JsonSchema[],
    old: readonly JsonSchema[],
    compatibleMinor?: number,
  ): Promise<void> | undefined
  /**
   * Checks the rules of a definition's schema, which is structural: types, costs, texts.
   * @param path of the schema: `spec.validation.openAPIV3Schema`
   */
  check(schema: JsonSchema, path: string, errors: FieldErrors, options: CheckOptions): void
  /**
   * The rules of a whole schema, ready to judge objects; undefined if it has none. Compiles when a value is there to judge.
   * @param isResource whether it is the schema of a whole resource
   * @param shared what versions of a kind have compiled: the same schema is not compiled twice
   */
  compile(node: SchemaNode, isResource: boolean, shared?: Map<string, unknown>): CompiledRules | undefined
}

export interface CheckOptions {
  /** Schemas before an update: expressions that they have are held to what was allowed then. */
  readonly old: readonly JsonSchema[]
  /** The schema has not changed: costs of single expressions are let be. */
  readonly sameAsBefore: boolean
  /** Schemas in which, or below which, something else is wrong: their rules are not looked at. */
  readonly wrong: ReadonlySet<JsonSchema>
  /** The minor release that has to understand new expressions. Default: the one before this. */
  readonly compatibleMinor?: number | undefined
}

/** Judges values, against those that they replace. */
export interface CompiledRules {
  /** @returns undefined: done; otherwise it takes longer than the event loop may be held */
  judge(judgement: Judgement): Promise<void> | undefined
  /** However long it takes. */
  judgeAtOnce(judgement: Judgement): void
}

export interface Judgement {
  readonly value: unknown
  /** Undefined: there was none. */
  readonly old: unknown
  /** Empty: the value is a whole object. */
  readonly path: string
  readonly errors: FieldErrors
  /** Whether what was wrong in `old` and is as it was only leads to a warning. */
  readonly correlated: boolean
  readonly warn?: ((text: string) => void) | undefined
}

export const hasRules = (schema: JsonSchema | undefined): boolean =>
  schemaHas(schema, (inner) => (inner[validations]?.length ?? 0) > 0)

/** The engine is big and few need it: it comes with the first schema that has rules. */
let loading: Promise<RuleEngine> | undefined
let loaded: RuleEngine | undefined

/** @returns undefined: it is there */
export function loadRuleEngine(): Promise<void> | undefined {
  if (loaded !== undefined) return undefined
  loading ??= import('./rules/engine.js').then(({ createRuleEngine }) => {
    loaded = createRuleEngine()
    return loaded
  })
  return loading.then(() => undefined)
}

/** @throws Error if nobody has loaded it: whoever validates schemas or objects with rules calls {@link loadRuleEngine} before */
export function ruleEngine(): RuleEngine {
  if (loaded === undefined) throw new Error('the rule engine has not been loaded')
  return loaded
}
