import { equalJson, type FieldErrors, type KubeObject, validateObjectMeta } from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { validateConditions } from './conditions.js'
import { type FlowSchemaSpec, validateFlowSchemaSpec } from './flow-schema-spec.js'
import { mandatoryFlowSchemas } from './mandatory.js'
import { keepAllMetadata } from './status-metadata.js'

export const flowschemas: ResourceRules = {
  generation: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1(schema) {
      schema.spec ??= {}
      schema.spec.matchingPrecedence ||= 1000
    },
  },
  validate: validateFlowSchema,
  validateUpdate(schema, _, errors) {
    validateObjectMeta(schema.metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateFlowSchema(schema, errors)
  },
  prepareForStatusUpdate: keepAllMetadata,
  validateStatusUpdate: ({ status }, _, errors) => validateConditions(status?.conditions, errors),
}

function validateFlowSchema({ metadata: { name = '' }, spec, status }: KubeObject, errors: FieldErrors): void {
  validateFlowSchemaSpec(name, (spec ?? {}) as FlowSchemaSpec, errors)
  const fixed = mandatoryFlowSchemas.get(name)
  if (fixed !== undefined && !equalJson(spec, fixed)) {
    const detail = `spec of '${name}' must equal the fixed value`
    errors.invalid('spec', internalForm(spec, 'flowcontrol.v1.FlowSchemaSpec'), detail)
  }
  validateConditions(status?.conditions, errors)
}
