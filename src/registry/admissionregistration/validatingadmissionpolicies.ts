import {
  byteLength,
  child,
  compileJsonPath,
  conditions,
  each,
  type FieldErrors,
  optionalOneOf,
  qualifiedName,
  required,
  validateObjectMeta,
} from '../../api/index.js'
import type { Type } from '../../cel/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import type { ExpressionScope } from './cel/expression-compiler.js'
import { expressionTools, loadExpressions } from './cel/load-expressions.js'
import { defaultPolicy } from './defaults.js'
import { compiles, expression, type Previous } from './expressions.js'
import { hasParams, validatePolicySpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { AuditAnnotation, ValidatingPolicySpec, ValidatingPolicyStatus, Validation } from './types.js'

const maxAuditAnnotations = 20
const maxValueExpression = 5 * 1024
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

export const validatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy },
  ready: loadExpressions,
  validate(policy, errors, context) {
    validateSpec(policy.metadata.name ?? '', policy.spec ?? {}, undefined, errors, context)
    refuseStaticSuffix(policy, errors, context)
  },
  validateUpdate({ metadata, spec }, old, errors, context) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(metadata.name ?? '', spec ?? {}, old.spec ?? {}, errors, context)
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
  { compatibleMinor }: RuleContext,
): void {
  const { ExpressionCompiler } = expressionTools()
  const compiler = new ExpressionCompiler((spec.variables ?? []).length > 0, compatibleMinor)
  const previous = previousOf(old)
  const scope = { params: hasParams(spec), authorizer: true }
  validatePolicySpec(spec, old, errors, { mutating: false, compiler, previous: previous.validations, compatibleMinor })
  const compile: Compile = (path, text, shown, returns, own, known) =>
    compiles(errors, path, shown, () => compiler.compile(text, returns, own, known.has(shown)))
  const { validations = [], auditAnnotations = [] } = spec
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    errors.required('spec.validations', detail)
    errors.required('spec.auditAnnotations', detail)
    return
  }
  each('spec.validations', validations, (validation, at) =>
    validateValidation(validation, at, errors, compile, scope, previous),
  )
  if (auditAnnotations.length > maxAuditAnnotations) {
    const shown = auditAnnotations.map((annotation) =>
      internalForm(annotation, 'admissionregistration.v1.AuditAnnotation'),
    )
    errors.invalid('spec.auditAnnotations', shown, `must not have more than ${maxAuditAnnotations} auditAnnotations`)
  }
  const keys = new Set<string>()
  each('spec.auditAnnotations', auditAnnotations, (annotation, at) => {
    validateAuditAnnotation(policy, annotation, at, errors, compile, scope, previous)
    const { key = '' } = annotation
    if (keys.has(key)) errors.duplicate(child(at, 'key'), key)
    keys.add(key)
  })
}

/** @param shown how a refusal tells the expression */
type Compile = (
  path: string,
  text: string,
  shown: string,
  returns: readonly Type[],
  scope: ExpressionScope,
  known: Previous,
) => void

/** The expressions that a policy had. */
interface PreviousExpressions {
  readonly validations: Previous
  readonly messages: Previous
  readonly annotations: Previous
}

function previousOf(old: ValidatingPolicySpec | undefined): PreviousExpressions {
  const { validations = [], auditAnnotations = [] } = old ?? {}
  return {
    validations: new Set(validations.map(({ expression = '' }) => expression)),
    messages: new Set(validations.map(({ messageExpression = '' }) => messageExpression)),
    annotations: new Set(auditAnnotations.map(({ valueExpression = '' }) => valueExpression)),
  }
}

function validateValidation(
  validation: Validation,
  at: string,
  errors: FieldErrors,
  compile: Compile,
  scope: ExpressionScope,
  previous: PreviousExpressions,
): void {
  const { message = '', messageExpression = '' } = validation
  const own = child(at, 'message')
  const text = validation.expression ?? ''
  if (expression(errors, child(at, 'expression'), text, 'expression is not specified'))
    compile(child(at, 'expression'), text, text, [expressionTools().types.bool], scope, previous.validations)
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.invalid(child(at, 'messageExpression'), messageExpression, 'must be non-empty if specified')
  else if (messageExpression !== '') {
    const unauthorized = { ...scope, authorizer: false }
    const path = child(at, 'messageExpression')
    compile(
      path,
      messageExpression,
      messageExpression,
      [expressionTools().types.string],
      unauthorized,
      previous.messages,
    )
  }
  if (message !== '' && message.trim() === '') errors.invalid(own, message, 'must be non-empty if specified')
  else if (/[\n\r]/.test(message.trim())) errors.invalid(own, message, 'must not contain line breaks')
  optionalOneOf(errors, child(at, 'reason'), validation.reason, reasons)
}

function annotationTypes(): readonly Type[] {
  const { types } = expressionTools()
  return [types.string, types.null]
}

function validateAuditAnnotation(
  policy: string,
  annotation: AuditAnnotation,
  at: string,
  errors: FieldErrors,
  compile: Compile,
  scope: ExpressionScope,
  previous: PreviousExpressions,
): void {
  const { key = '', valueExpression = '' } = annotation
  if (policy === '') errors.invalid(child(at, 'key'), key, 'requires metadata.name be non-empty')
  else qualifiedName(errors, child(at, 'key'), `${policy}/${key}`)
  const own = child(at, 'valueExpression')
  if (byteLength(valueExpression.trim()) > maxValueExpression)
    errors.required(own, `must not exceed ${maxValueExpression} bytes in length`)
  else if (expression(errors, own, valueExpression, 'valueExpression is not specified'))
    compile(own, valueExpression.trim(), valueExpression, annotationTypes(), scope, previous.annotations)
}

function validateStatus(status: ValidatingPolicyStatus, errors: FieldErrors): void {
  each('status.typeChecking.expressionWarnings', status.typeChecking?.expressionWarnings, (warning, at) => {
    required(errors, child(at, 'warning'), warning.warning)
    const fieldRef = warning.fieldRef?.trim() ?? ''
    if (!required(errors, child(at, 'fieldRef'), fieldRef)) return
    try {
      compileJsonPath(fieldRef)
    } catch (error) {
      errors.invalid(child(at, 'fieldRef'), fieldRef, `invalid JSONPath: ${(error as Error).message}`)
    }
  })
  conditions(errors, 'status.conditions', status.conditions)
}
