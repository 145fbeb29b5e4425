// What other folders may use of cel/.
export type { Expr } from './ast.js'
export type { Compilation, Compiled, Issue, Issues, SizeEstimator } from './compiled.js'
export { stringOfDouble, stringOfTimestamp } from './convert.js'
export { Environment, type EnvironmentOptions } from './environment.js'
export {
  AuthorizationChecks,
  authorizerType,
  type CheckDecision,
  resourceCheckType,
} from './library/authorizer.js'
export { bindingsLibrary } from './library/bindings.js'
export { JsonPatchOperation, jsonPatchLibrary, jsonPatchObject, jsonPatchType } from './library/json-patch.js'
export { defaultCompatibleMinor, kubernetesLibraries } from './library/kubernetes.js'
export { quantityType } from './library/quantity.js'
export type {
  CallEstimate,
  CallNode,
  CallValidator,
  CostNode,
  Library,
  LibraryConstant,
  LibraryFunction,
  Overload,
  Range,
} from './library.js'
export type { ExprFactory, Macro } from './macro.js'
export { equal as equalValues } from './ops.js'
export type { Activation, EvaluateOptions, Evaluation, EvaluationError, Program } from './program.js'
export { scaleRange } from './ranges.js'
export type { DeclaredSchema } from './schema/declared-schema.js'
export { type SchemaField, SchemaType, schemaTypes } from './schema/schema-type.js'
export { maxCardinality, schemaSizes } from './schema/sizes.js'
export type { FieldDecl, ObjectType, TypeProvider } from './type-provider.js'
export { listOf, mapOf, objectType, optionalOf, sameType, Type, types } from './types.js'
export {
  CelError,
  Duration,
  double,
  entryOf,
  Fields,
  goListOf,
  isDouble,
  isFields,
  isList,
  itemsOf,
  keysOf,
  Opaque,
  Optional,
  type PlainObject,
  Timestamp,
  toNumber,
  typeOfValue,
  Uint,
  type Value,
} from './values.js'
