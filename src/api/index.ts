// What other folders may use of api/.
export type { AccessAttributes } from './access-attributes.js'
export { convertBuiltin } from './conversion/convert.js'
export { canonicalBase64 } from './decode/base64.js'
export { decode, decodeObject, reportDuplicates } from './decode/decode.js'
export { formatDuration, parseDuration, parseMilliseconds } from './decode/duration.js'
export { normalizeStored } from './decode/normalize.js'
export { outOfRange, plainNumbers } from './decode/plain-numbers.js'
export {
  DecodeError,
  type DecodeOptions,
  type DecodeReport,
  type Duplicates,
  StrictErrors,
} from './decode/report.js'
export { asSent, copySent, dropSent, holdsLeftOut, keepSent } from './decode/sent-empty.js'
export { holdsWholeFloat, noteFloats, sentAsFloats } from './decode/sent-floats.js'
export { storedForm } from './decode/stored-form.js'
export { canonicalTime, timeText as goTime } from './decode/time.js'
export { fillDefaults } from './defaults.js'
export {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  type GroupKind,
  type GroupResource,
  internalError,
  methodNotSupported,
  notFound,
  objectModified,
  qualified,
  type Reason,
  type Status,
  type StatusCause,
  type StatusDetails,
  serviceUnavailable,
  timeout,
  tooManyRequests,
  unauthorized,
} from './errors.js'
export {
  type FactsFile,
  type FieldFacts,
  facts,
  factsIndex,
  factsName,
  type KindFacts,
  locateType,
  type TypeFacts,
  type TypeLocation,
} from './facts.js'
export {
  type EffectiveVersions,
  type FeatureGate,
  type FeatureGates,
  type FeatureStage,
  featureGateProblems,
  featureGates,
  featureGateUsages,
  knownFeatureGates,
} from './features/feature-gates.js'
export {
  compareReleases,
  kubernetesRelease,
  minorBefore,
  parseRelease,
  parseVersionNumbers,
  type Release,
  releaseText,
} from './features/release.js'
export {
  child,
  type FieldError,
  FieldErrors,
  type FieldErrorType,
  goJson,
  goValue,
  index,
  key,
  sortedMap,
} from './field-errors.js'
export {
  type FieldLabelConversion,
  type FieldTerm,
  parseFieldSelector,
} from './field-selector.js'
export { goFloat, goNumber } from './go-float.js'
export type { IntOrString } from './int-or-string.js'
export { invalid } from './invalid.js'
export { type Cidr, cidrContains, type IpAddress, ipOf, parseCidr, parseIp } from './ip.js'
export { JsonNumber } from './json-number.js'
export { compileJsonPath, type JsonPath } from './json-path.js'
export {
  type LabelRequirement,
  LabelSelector,
  type LabelSelectorOptions,
  type LabelSelectorRequirement,
  type LabelSelectorSpec,
  type Labels,
  labelSelectorOf,
  labelSelectorOfMap,
  parseLabelSelector,
  validateLabelSelector,
} from './label-selector.js'
export { isLabelValue, isQualifiedName } from './labels.js'
export {
  type ObjectMetaRules,
  validateAnnotations,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta-validation.js'
export {
  byteLength,
  isCIdentifier,
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isDns1123SubdomainCaseless,
  isDns1123SubdomainWithUnderscore,
  isEnvVarName,
  isHttpHeaderName,
  isLongName,
  isPathSegmentName,
  isPercent,
  isPortName,
  isPortNumber,
  isShortName,
  isWildcardDns1123Subdomain,
  type NameCheck,
  nameRules,
} from './names.js'
export {
  apiVersionOf,
  copyJson,
  equalJson,
  type GroupVersion,
  isObject,
  type KubeObject,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  parseApiVersion,
  setOwn,
} from './object.js'
export { decodeMerged } from './patch/decode-merged.js'
export { beyondFloat, goText, goType, type Json, type JsonObject, jsonKind } from './patch/json.js'
export {
  applyJsonPatch,
  type DecodedJsonPatch,
  decodeJsonPatch,
  type FieldValidation,
  type JsonPatchOptions,
  type Literals,
} from './patch/json-patch.js'
export { applyMergePatch } from './patch/merge-patch.js'
export { printJsonPatched, printMerged, withoutUnmatchedNulls } from './patch/print-patched.js'
export { applyStrategicMergePatch } from './patch/strategic-merge.js'
export {
  parseQuantity,
  Quantity,
  type QuantityFormat,
  quantityOf,
} from './quantity.js'
export { quote, quoteList } from './quote.js'
export { isExtendedResource, isHugePages, isNativeResource, isPodLevelResource } from './resource-names.js'
export {
  type AnyShape,
  absolute,
  type FieldShape,
  kindShape,
  type ListShape,
  type MapShape,
  type ScalarShape,
  type Shape,
  type StructShape,
  shapeOf,
  structShape,
} from './shapes.js'
export { rfc3339, rfc3339Micro } from './time.js'
export { atOnce, inTurns, largeObject, nextTurn, type Steps, waiting } from './turns.js'
export {
  cidr,
  cidrWarnings,
  domainPrefixedPath,
  fullyQualifiedDomainName,
  fullyQualifiedName,
  interfaceAddress,
  ipAddress,
  ipWarnings,
  type LegacyOptions,
  legacyCidr,
  legacyIpAddress,
  qualifiedKey,
  urlProblem,
  type WebhookService,
  webhookService,
  webhookUrl,
} from './validation/network.js'
export {
  atMost100Percent,
  configMapKey,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  type Int,
  inRange,
  intOrPercent,
  invalidEach,
  maxItems,
  maxLength,
  nonNegative,
  oneOf,
  optionalOneOf,
  pathSegment,
  portName,
  portNumber,
  portNumberOrName,
  positive,
  qualifiedName,
  quantityNonNegative,
  quantityPositive,
  required,
  requiredOneOf,
  type Text,
  type ToldAs,
  userId,
} from './validation/scalars.js'
export {
  type Condition,
  conditions,
  each,
  immutable,
  labelSelector,
  type NodeSelectorOptions,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  nodeSelector,
  nodeSelectorTerm,
  type Toleration,
  taintEffect,
  tolerations,
  uniqueBy,
} from './validation/structures.js'
