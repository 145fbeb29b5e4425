// What other folders may use of apply/.

export { isTypeless, mergeConfiguration, noMergeType } from './apply-configuration.js'
export { emptyObject } from './empty-object.js'
export { FieldManager, type FieldManagerOptions } from './field-manager.js'
export { GoNative, goPlain, goSyntax } from './go-values.js'
export {
  defaultManagerName,
  managedFieldsAfterAdmission,
  validateManager,
} from './manager-name.js'
export type { MergeSchema } from './merge-schema.js'
export { excludeFields, type FieldFilter } from './reset-fields.js'
export { managedFieldsFromScale, managedFieldsToScale, type ReplicasPaths } from './scale.js'
export {
  customResourceSchema,
  type OpenApiMergeOptions,
  type OpenApiSchema,
} from './schema-from-openapi.js'
export { mergeSchemaOf } from './schema-from-shape.js'
export { ignoreManagedFieldsTimestamps } from './timestamps.js'
