import { createHash } from 'node:crypto'
import { stringifyJson } from '../../../../codec/index.js'
import type { JsonSchema } from '../json-schema.js'
import { compileNode, type SchemaNode } from '../node.js'
import type { RuleEngine } from '../rule-engine.js'
import { checkDefinition, compileDefinition, type Prepared } from './check-definition.js'
import { allStored, type CompiledRule, compileRules, declare, RuleEnvironments, type Steps } from './compile-rules.js'
import { compileValidator } from './evaluate.js'
import { inSlices } from './in-slices.js'

/** Evaluates `x-kubernetes-validations`, rules in the Common Expression Language. */
export function createRuleEngine(): RuleEngine {
  const environments = new RuleEnvironments()
  const prepared = new WeakMap<JsonSchema, Prepared>()
  return {
    prepare(schemas, old, compatibleMinor) {
      function* all(): Steps<void> {
        // Versions that are alike are checked once.
        const seen = new Set<string | undefined>()
        for (const schema of schemas) {
          const text = stringifyJson(schema)
          if (seen.has(text)) continue
          seen.add(text)
          yield* compileDefinition(compileNode(schema), environments, old, prepared, compatibleMinor)
        }
      }
      return inSlices(all())
    },
    check: (schema, path, errors, options) => checkDefinition(schema, path, errors, environments, options, prepared),
    compile: (root, isResource, shared = new Map()) =>
      compileValidator(root, isResource, (node, isRoot) =>
        compileOnce(node, isRoot, shared as Map<string, readonly CompiledRule[]>),
      ),
  }

  function* compileOnce(
    node: SchemaNode,
    isRoot: boolean,
    shared: Map<string, readonly CompiledRule[]>,
  ): Steps<readonly CompiledRule[]> {
    const declaration = declare(node, isRoot)
    if (declaration === undefined) return []
    const text = stringifyJson(node.schema) ?? ''
    const name = createHash('sha256').update(`${isRoot} `).update(text).digest('base64')
    const known = shared.get(name)
    if (known !== undefined) return known
    const rules = yield* compileRules(node, declaration, environments, allStored)
    shared.set(name, rules)
    return rules
  }
}
