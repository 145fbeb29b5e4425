import { FieldErrors, type KubeObject, rfc3339 } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { formatWarnings } from './format-warnings.js'
import type { JsonSchema } from './schema/json-schema.js'
import { hasRules, loadRuleEngine, ruleEngine } from './schema/rule-engine.js'
import { unsupportedMember, validateStructural } from './schema/structural.js'
import { validateDefinition, validateDefinitionStatus } from './validate-definition.js'
import type { Version } from './validate-version.js'

/** Keeps a definition until its instances are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

/**
 * CustomResourceDefinitions. Source: apiextensions pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1/defaults.go.
 */
export const definitionRules: ResourceRules = {
  allowUnconditionalUpdate: false,
  generation: true,
  defaults: { v1: fillDefaults },

  ready(object, old, { compatibleMinor }) {
    const [schemas, before] = [schemasOf(object), schemasOf(old)]
    if (!schemas.some(hasRules) && !before.some(hasRules)) return undefined
    const prepare = () => ruleEngine().prepare(schemas.filter(isStructural), before, compatibleMinor)
    const loading = loadRuleEngine()
    return loading === undefined ? prepare() : loading.then(prepare)
  },
  prepareForCreate: rememberStorageVersion,
  prepareForUpdate: rememberStorageVersion,
  ownMetadata: true,
  validate: (object, errors, { compatibleMinor }) => validateDefinition(object, undefined, errors, compatibleMinor),
  validateUpdate: (object, old, errors, { compatibleMinor }) =>
    validateDefinition(object, old, errors, compatibleMinor),
  validateStatusUpdate: (object, _old, errors) => validateDefinitionStatus(object, errors),
  warnings: (object, old, { subresource }) => (subresource === 'status' ? [] : formatWarnings(object, old)),

  /** The first deletion marks; instances go then, and the finalizer with them. Only later ones look at the propagation policy. */
  holdsAnyPolicy: true,
  holdDeletion(object, { now }) {
    const { metadata } = object
    if (metadata.deletionTimestamp !== undefined) return false
    const time = rfc3339(now())
    metadata.deletionTimestamp = time
    const finalizers = metadata.finalizers ?? []
    if (!finalizers.includes(cleanupFinalizer)) metadata.finalizers = [...finalizers, cleanupFinalizer]
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: time,
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    }
    const others = ((object.status?.conditions ?? []) as { type: string }[]).filter(
      ({ type }) => type !== 'Terminating',
    )
    object.status = { ...object.status, conditions: [...others, terminating] }
    return true
  },
}

/** Others are refused before anybody looks at their rules. */
const isStructural = (schema: JsonSchema): boolean => {
  const errors = new FieldErrors()
  if (unsupportedMember(schema) !== undefined) return false
  validateStructural(schema, '', errors)
  return errors.empty
}

function schemasOf(object: KubeObject | undefined): JsonSchema[] {
  const versions: readonly Version[] = object?.spec?.versions ?? []
  return versions.flatMap(({ schema }) => schema?.openAPIV3Schema ?? [])
}

function fillDefaults(object: KubeObject): void {
  const { spec } = object
  if (spec === undefined || spec === null) return
  const { names } = spec
  if (names?.kind) {
    names.singular ||= String(names.kind).toLowerCase()
    names.listKind ||= `${names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const { webhook } = spec.conversion
  // The internal type has its parts only.
  if (webhook && !webhook.clientConfig && !webhook.conversionReviewVersions) delete spec.conversion.webhook
  const service = webhook?.clientConfig?.service
  if (service) service.port ??= 443
  if ((object.status?.storedVersions?.length ?? 0) === 0) rememberStorageVersion(object)
}

/** `status.storedVersions` names every version that objects may have been stored in. */
function rememberStorageVersion(object: KubeObject): void {
  const versions = (object.spec?.versions ?? []) as readonly { name: string; storage?: boolean }[]
  const storage = versions.find((version) => version.storage)
  if (storage === undefined) return
  const stored: readonly string[] = object.status?.storedVersions ?? []
  if (stored.includes(storage.name)) return
  // The old object's status may be this very one.
  object.status = { ...object.status, storedVersions: [...stored, storage.name] }
}
