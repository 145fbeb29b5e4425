// What other folders may use of cel/.
export type { Expr } from './ast.js'
export type { Compilation, Compiled, Issue, Issues, SizeEstimator } from './compiled.js'
export { parseTimestamp, stringOfDouble } from './convert.js'
export { Environment, type EnvironmentOptions, languageLibraries } from './environment.js'
export {
  AuthorizationChecks,
  authorizerType,
  type CheckAttributes,
  type CheckDecision,
  resourceCheckType,
} from './library/authorizer.js'
export { bindingsLibrary } from './library/bindings.js'
export { CidrValue, cidrType } from './library/cidr.js'
export { IpValue, ipType } from './library/ip.js'
export { JsonPatchOperation, jsonPatchLibrary, jsonPatchObject, jsonPatchType } from './library/json-patch.js'
export { kubernetesLibraries } from './library/kubernetes.js'
export { QuantityValue, quantityType } from './library/quantity.js'
export { regexLibrary } from './library/regex.js'
export { SemverValue, semverLibrary, semverType } from './library/semver.js'
export { parseSemver } from './library/semver-version.js'
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
export { type ExprFactory, type Macro, MacroError } from './macro.js'
export { compare as compareValues, equal as equalValues } from './ops.js'
export type { Activation, EvaluateOptions, Evaluation, EvaluationError, Program } from './program.js'
export {
  addRanges,
  fixed,
  multiplyRanges,
  regexLengthFactor,
  scaleRange,
  stringTraversalFactor,
  uniteRanges,
  unknownRange,
  unlimited,
} from './ranges.js'
export { RegexCache } from './regex-cache.js'
export type { DeclaredSchema } from './schema/declared-schema.js'
export { escapeProperty, unescapeProperty } from './schema/escape.js'
export { kindSchema } from './schema/kind-schema.js'
export { type SchemaField, SchemaType, schemaTypes } from './schema/schema-type.js'
export { maxCardinality, schemaSizes } from './schema/sizes.js'
export { codePoints, sizeOfValue } from './sizes.js'
export type { FieldDecl, ObjectType, TypeProvider } from './type-provider.js'
export {
  isDyn,
  isOptional,
  listOf,
  mapOf,
  nullableOf,
  objectType,
  opaqueType,
  optionalOf,
  sameType,
  Type,
  typeOf,
  typeParam,
  types,
} from './types.js'
export {
  CelError,
  Double,
  Duration,
  double,
  entryOf,
  Fields,
  int,
  isDouble,
  isFields,
  isInt,
  isList,
  itemAt,
  itemsOf,
  keysOf,
  List,
  Opaque,
  Optional,
  type PlainObject,
  sizeOfFields,
  sizeOfList,
  Timestamp,
  toNumber,
  typeOfValue,
  Uint,
  type Value,
} from './values.js'
