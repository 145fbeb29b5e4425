// What other folders may use of registry/.

export {
  type CompiledExpression,
  type Configuration,
  type ExpressionScope,
  expressionTools,
  loadExpressions,
} from './admissionregistration/index.js'
export {
  approvalCondition,
  asResource,
  type Check,
  CheckResult,
  type CompiledRules,
  cleanupFinalizer,
  coerceEmbedded,
  coerceMetadata,
  compileChecks,
  compileNode,
  fillSchemaDefaults,
  hasRules,
  type JsonSchema,
  Link,
  loadRuleEngine,
  prune,
  pruneFields,
  type RuleEngine,
  ruleEngine,
  type SchemaNode,
  sortKeys,
  tellErrors,
  validateEmbedded,
  validateLists,
} from './apiextensions/index.js'
export { type BuiltinOptions, builtinGroups, type StoredKind, storedKinds } from './builtin.js'
export { type GroupVersionPriority, groupOrder } from './catalog/group-order.js'
export { type Lifecycle, lifecycleOf } from './catalog/lifecycle.js'
export { type CatalogEntry, type CatalogSubresource, type CatalogVersion, catalog } from './catalog.js'
export { requestCommonName, requestOrganizations } from './certificates/pkcs10.js'
export {
  defaultPodLevelResources,
  type PortRange,
  repairServiceAllocation,
  type ServiceAllocationOptions,
  type ServiceAllocationUsage,
  serviceAllocationUsage,
  serviceCompanions,
  type Usage,
} from './core/index.js'
export { encode as encodeForRegistry, matchNamespace } from './create.js'
export type { DeleteOptions, Deletion } from './delete.js'
export type { CompanionWrites, RegistryEnvironment, WriteRequest } from './environment.js'
export type { FlowSchemaSpec } from './flowcontrol/flow-schema-spec.js'
export { mandatoryFlowSchemas, mandatoryPriorityLevels } from './flowcontrol/mandatory.js'
export type { PriorityLevelSpec } from './flowcontrol/priority-level-spec.js'
export { GenericRegistry } from './generic-registry.js'
export { type ListOptions, type ListPage, type ListScope, type ListWalk, list, walkList } from './list.js'
export { defaultColumns, since, type TableColumns } from './printers/index.js'
export { RecentObjects } from './recent-objects.js'
export type {
  APIGroupInfo,
  GroupVersionKind,
  Resource,
  ResourceStorage,
  ResourceVersion,
  SchemaForm,
  StoredForm,
  Subresource,
  SubresourceHandler,
  Verb,
  VirtualResource,
  Written,
} from './resource.js'
export { decimalOf, revisionOf, waitForRevision } from './revisions.js'
export type { CustomScale, DeleteContext, NameRule, ResourceRules, RuleContext, ScalePaths } from './rules.js'
export { recordMatcher, type Selection, selectionIndex } from './selection.js'
export { fromStoreError, isTooLarge } from './store-errors.js'
export { encodeForStore, type ObjectCodec, type Stored } from './stored.js'
export { unstoredVersion } from './unstored-version.js'
export type { Updated, UpdateRequest, UpdateStrategy } from './update.js'
