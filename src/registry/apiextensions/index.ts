import type { ResourceRules } from '../rules.js'
import { definitionRules } from './definition-rules.js'

// What the rest of registry/, and through its index other folders, may use of apiextensions/.
export { approvalCondition } from './approval.js'
export { cleanupFinalizer } from './definition-rules.js'
export { CheckResult, tellErrors } from './schema/check-result.js'
export { type Check, compileChecks } from './schema/checks.js'
export { fillSchemaDefaults } from './schema/defaults.js'
export { coerceEmbedded, coerceMetadata, validateEmbedded } from './schema/embedded.js'
export type { JsonSchema } from './schema/json-schema.js'
export { Link } from './schema/link.js'
export { validateLists } from './schema/list-types.js'
export { asResource, compileNode, type SchemaNode } from './schema/node.js'
export { prune, pruneFields, sortKeys } from './schema/prune.js'
export { type CompiledRules, hasRules, loadRuleEngine, type RuleEngine, ruleEngine } from './schema/rule-engine.js'

export const apiextensions: Readonly<Record<string, ResourceRules>> = { customresourcedefinitions: definitionRules }
