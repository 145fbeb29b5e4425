import {
  copyJson,
  equalJson,
  FieldErrors,
  forbidden,
  invalid,
  isQualifiedName,
  type KubeObject,
  sentAsFloats,
} from '../api/index.js'
import {
  type Check,
  CheckResult,
  type CompiledRules,
  hasRules,
  Link,
  loadRuleEngine,
  type ResourceRules,
  type RuleContext,
  ruleEngine,
  tellErrors,
  validateEmbedded,
  validateLists,
} from '../registry/index.js'
import type { CustomVersion } from './custom-version.js'
import { customScale, integerAt, pathOf, textAt } from './replicas.js'
import { selectableFields } from './stored-form.js'

/**
 * What custom resources of a version are held to: their schema, and what all custom resources have in common.
 * Source: apiextensions pkg/registry/customresource (strategy.go, status_strategy.go, validator.go).
 */
export function customRules(version: CustomVersion): ResourceRules {
  const { family, definition } = version
  const hasStatus = definition.subresources?.status !== undefined
  const fields = selectableFields(version)
  const scale = definition.subresources?.scale

  // Asked by the first write: at start there may be thousands of definitions.
  let withRules: boolean | undefined
  let rules: CompiledRules | undefined

  const evaluate = (
    object: KubeObject,
    old: KubeObject | undefined,
    errors: FieldErrors,
    { warn }: RuleContext,
  ): Promise<void> | undefined => {
    if (!withRules) return undefined
    if (errors.list.some(({ type }) => blocking.has(type))) {
      errors.invalid(
        '<nil>',
        null,
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      )
      return undefined
    }
    rules ??= ruleEngine().compile(version.node, true, family.compiledRules)
    return rules?.judge({ value: object, old, path: '', errors, correlated: old !== undefined, warn })
  }

  return {
    allowUnconditionalUpdate: false,
    keepStatusOnCreate: true,
    resetFields: { '': hasStatus ? ['status'] : [], status: ['metadata', 'spec'] },
    resetVersions: {
      '': [version.apiVersion],
      status: [...family.versions.values()]
        .filter((other) => other.definition.subresources?.status !== undefined)
        .map(({ apiVersion }) => apiVersion),
    },

    ready() {
      withRules ??= hasRules(version.schema)
      return withRules ? loadRuleEngine() : undefined
    },
    prepareForCreate(object) {
      if (family.terminating)
        throw forbidden(
          { group: version.group, resource: family.names.plural },
          object.metadata.name ?? '',
          'create not allowed while custom resource definition is terminating',
        )
      if (hasStatus) delete object.status
      object.metadata.generation = 1
    },
    validate(object, errors) {
      checkTypeMeta(object, version)
      checkSchema(version.check, object, undefined, '', errors)
      validateScale(version, object, true, errors)
      validateEmbedded(object, version.node, '', errors)
      validateLists(object, version.node, '', errors)
    },
    prepareForUpdate(object, old) {
      // The status is the stored one.
      const changed = (field: string): boolean => field !== 'status' || !hasStatus
      if (sentAsFloats(object).some(changed) || !sameBesidesMetadata(object, old))
        object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    validateUpdate(object, old, errors) {
      checkTypeMeta(object, version)
      checkSchema(version.check, object, new Link(object, old, version.node), '', errors)
      validateScale(version, object, true, errors)
      validateEmbedded(object, version.node, '', errors)
      validateChangedLists(version, object, old, errors)
    },
    prepareForStatusUpdate(object, old) {
      const { managedFields } = object.metadata
      object.metadata = copyJson(old.metadata)
      if (managedFields === undefined) delete object.metadata.managedFields
      else object.metadata.managedFields = managedFields
    },
    validateStatusUpdate(object, old, errors) {
      checkTypeMeta(object, version)
      const check = version.statusCheck
      if (check !== undefined && object.status !== undefined) {
        const link = new Link(object, old, version.node).key('status')
        checkSchema(check, object.status, link, 'status', errors)
      }
      validateScale(version, object, false, errors)
      validateChangedLists(version, object, old, errors)
    },
    judge: evaluate,
    warnings: (object, old, { subresource }) => (subresource === 'status' ? [] : finalizerWarnings(object, old)),
    ...(fields.size === 0 ? {} : { fields: Object.fromEntries(fields) }),
    refuseField: (field) => `field label not supported: ${field}`,
    ...(scale === undefined ? {} : { scale: customScale(version, scale) }),
  }
}

/** Errors after which the rules of a schema are not evaluated. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** An object of another kind is told so and nothing else. */
function checkTypeMeta(object: KubeObject, version: CustomVersion): void {
  const errors = new FieldErrors()
  const { kind = '', apiVersion = '' } = object
  if (kind !== version.kind) errors.invalid('kind', kind, `must be ${version.kind}`)
  if (apiVersion !== version.apiVersion) errors.invalid('apiVersion', apiVersion, `must be ${version.apiVersion}`)
  if (errors.empty) return
  const group = apiVersion.includes('/') ? apiVersion.split('/', 1)[0]! : ''
  throw invalid({ group, kind }, object.metadata.name ?? '', errors)
}

function checkSchema(check: Check, value: unknown, link: Link | undefined, path: string, errors: FieldErrors): void {
  const result = new CheckResult()
  check(value, '', result, link)
  if (result.errors.length > 0 && !link?.unchanged) tellErrors(result, path, errors)
}

/** What was wrong with lists before stays allowed. */
function validateChangedLists({ node }: CustomVersion, object: KubeObject, old: KubeObject, errors: FieldErrors): void {
  if (!node.hasLists) return
  const before = new FieldErrors()
  validateLists(old, node, '', before)
  if (before.empty) validateLists(object, node, '', errors)
}

function validateScale({ definition }: CustomVersion, object: KubeObject, spec: boolean, errors: FieldErrors): void {
  const scale = definition.subresources?.scale
  if (scale === undefined) return
  const replicas = (path: string): void => {
    const { value = 0, error } = integerAt(object, pathOf(path))
    if (error !== undefined) errors.invalid(path, 0, error)
    else if (value < 0) errors.invalid(path, value, 'should be a non-negative integer')
    else if (value > maxInt32) errors.invalid(path, value, `should be less than or equal to ${maxInt32}`)
  }
  if (spec) replicas(scale.specReplicasPath)
  replicas(scale.statusReplicasPath)
  if (scale.labelSelectorPath === undefined) return
  const { error } = textAt(object, pathOf(scale.labelSelectorPath))
  if (error !== undefined) errors.invalid(scale.labelSelectorPath, '', error)
}

const maxInt32 = 2 ** 31 - 1

function sameBesidesMetadata(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _, ...rest } = object
  const { metadata: __, ...before } = old
  return equalJson(rest, before)
}

const standardFinalizers = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const added = new Set(object.metadata.finalizers ?? [])
  for (const finalizer of old?.metadata.finalizers ?? []) added.delete(finalizer)
  return [...added].sort().flatMap((finalizer) => {
    const at = `metadata.finalizers: ${JSON.stringify(finalizer)}`
    const warnings = isQualifiedName(finalizer).map((wrong) => `${at}: ${wrong}`)
    if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return warnings
    const including = finalizer.includes('.') ? ' including a path (/)' : ''
    return [
      ...warnings,
      `${at}: prefer a domain-qualified finalizer name${including} to avoid accidental conflicts with other finalizer writers`,
    ]
  })
}
