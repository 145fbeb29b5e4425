import {
  byteLength,
  child,
  conditions,
  each,
  type FieldErrors,
  optionalOneOf,
  qualifiedName,
  required,
  validateObjectMeta,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { defaultPolicy } from './defaults.js'
import { expression } from './expressions.js'
import { validatePolicySpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { AuditAnnotation, ValidatingPolicySpec, ValidatingPolicyStatus, Validation } from './types.js'

const maxAuditAnnotations = 20
const maxValueExpression = 5 * 1024
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

export const validatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy },
  validate(policy, errors, context) {
    validateSpec(policy.metadata.name ?? '', policy.spec ?? {}, undefined, errors)
    refuseStaticSuffix(policy, errors, context)
  },
  validateUpdate({ metadata, spec }, old, errors) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(metadata.name ?? '', spec ?? {}, old.spec ?? {}, errors)
  },
  warnings: staticSuffixWarnings,
  resetFields: { status: ['spec', 'metadata'] },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
  validateStatusUpdate: ({ status }, _, errors) => validateStatus(status ?? {}, errors),
}

function validateSpec(
  policy: string,
  spec: ValidatingPolicySpec,
  old: ValidatingPolicySpec | undefined,
  errors: FieldErrors,
): void {
  validatePolicySpec(spec, old, false, errors)
  const { validations = [], auditAnnotations = [] } = spec
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    errors.required('spec.validations', detail)
    errors.required('spec.auditAnnotations', detail)
    return
  }
  each('spec.validations', validations, (validation, at) => validateValidation(validation, at, errors))
  if (auditAnnotations.length > maxAuditAnnotations) {
    const shown = auditAnnotations.map((annotation) =>
      internalForm(annotation, 'admissionregistration.v1.AuditAnnotation'),
    )
    errors.invalid('spec.auditAnnotations', shown, `must not have more than ${maxAuditAnnotations} auditAnnotations`)
  }
  const keys = new Set<string>()
  each('spec.auditAnnotations', auditAnnotations, (annotation, at) => {
    validateAuditAnnotation(policy, annotation, at, errors)
    const { key = '' } = annotation
    if (keys.has(key)) errors.duplicate(child(at, 'key'), key)
    keys.add(key)
  })
}

function validateValidation(validation: Validation, at: string, errors: FieldErrors): void {
  const { message = '', messageExpression = '' } = validation
  const own = child(at, 'message')
  expression(errors, child(at, 'expression'), validation.expression, 'expression is not specified')
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.invalid(child(at, 'messageExpression'), messageExpression, 'must be non-empty if specified')
  if (message !== '' && message.trim() === '') errors.invalid(own, message, 'must be non-empty if specified')
  else if (/[\n\r]/.test(message.trim())) errors.invalid(own, message, 'must not contain line breaks')
  optionalOneOf(errors, child(at, 'reason'), validation.reason, reasons)
}

function validateAuditAnnotation(policy: string, annotation: AuditAnnotation, at: string, errors: FieldErrors): void {
  const { key = '', valueExpression = '' } = annotation
  if (policy === '') errors.invalid(child(at, 'key'), key, 'requires metadata.name be non-empty')
  else qualifiedName(errors, child(at, 'key'), `${policy}/${key}`)
  const own = child(at, 'valueExpression')
  if (byteLength(valueExpression.trim()) > maxValueExpression)
    errors.required(own, `must not exceed ${maxValueExpression} bytes in length`)
  else expression(errors, own, valueExpression, 'valueExpression is not specified')
}

function validateStatus(status: ValidatingPolicyStatus, errors: FieldErrors): void {
  each('status.typeChecking.expressionWarnings', status.typeChecking?.expressionWarnings, (warning, at) => {
    required(errors, child(at, 'warning'), warning.warning)
    required(errors, child(at, 'fieldRef'), warning.fieldRef?.trim())
  })
  conditions(errors, 'status.conditions', status.conditions)
}
