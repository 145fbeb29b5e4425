import {
  child,
  FieldErrors as Errors,
  equalJson,
  type FieldErrors,
  index,
  isDns1035Label,
  isDns1123Subdomain,
  type KubeObject,
  key,
  type NameCheck,
  nameRules,
  validateObjectMeta,
  webhookService,
  webhookUrl,
} from '../../api/index.js'
import { approvalAnnotation, approvalOf } from './approval.js'
import type { JsonSchema } from './schema/json-schema.js'
import { compileNode } from './schema/node.js'
import { passes, type SchemaStrictness, strictest, strictnessAfter, validateSchema } from './validate-schema.js'
import { type Version, validateColumn, validateSelectableFields, validateSubresources } from './validate-version.js'

interface Names {
  readonly plural?: string
  readonly singular?: string
  readonly kind?: string
  readonly listKind?: string
  readonly shortNames?: readonly string[] | null
  readonly categories?: readonly string[] | null
}

/** The members that all versions have alike: upstream's internal form holds them once, and errors tell that place. */
interface Shared {
  readonly schema: boolean
  readonly subresources: boolean
  readonly columns: boolean
  readonly fields: boolean
}

interface Strictness extends SchemaStrictness {
  readonly knownReviewVersion: boolean
  readonly immutableNames: boolean
  readonly schemas: boolean
  readonly validBundle: boolean
  /** Versions ('' for all at once) whose selectable fields were too many before and have not changed. */
  readonly manyFields: ReadonlySet<string>
  /** Versions whose schema is as it was. */
  readonly unchanged: ReadonlySet<string>
}

/**
 * Checks a definition, metadata aside. Source: apiextensions pkg/apis/apiextensions/validation, on upstream's internal form.
 * @param old the stored definition, on update
 * @param compatibleMinor the minor release that has to understand new expressions
 */
export function validateDefinition(
  object: KubeObject,
  old: KubeObject | undefined,
  errors: FieldErrors,
  compatibleMinor?: number,
): void {
  const { spec = {}, status = {}, metadata } = object
  if (old === undefined) {
    const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
    const name: NameCheck = (text, prefix) => [
      ...nameRules.dns1123Subdomain(text, prefix),
      ...(text === wanted ? [] : ['must be spec.names.plural+"."+spec.group']),
    ]
    validateObjectMeta(metadata, { namespaced: false, name }, 'metadata', errors)
  }
  const strictness = { ...(old === undefined ? forCreate : forUpdate(object, old)), compatibleMinor }
  validateSpec(spec, strictness, errors)
  if (old !== undefined) validateImmutable(spec, old.spec ?? {}, strictness.immutableNames, errors)
  validateNames(status.acceptedNames ?? {}, 'status.acceptedNames', errors)
  validateStoredVersions(status.storedVersions ?? undefined, spec.versions ?? [], errors)
  validateApproval(object, old, errors)
  if (spec.preserveUnknownFields === true && old?.spec?.preserveUnknownFields !== true)
    errors.invalid(
      'spec.preserveUnknownFields',
      true,
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    )
}

/** A status alone. */
export const validateDefinitionStatus = ({ status = {} }: KubeObject, errors: FieldErrors): void =>
  validateNames(status.acceptedNames ?? {}, 'status.acceptedNames', errors)

const forCreate: Strictness = {
  ...strictest,
  knownReviewVersion: true,
  immutableNames: false,
  schemas: true,
  // Nothing is served yet.
  validBundle: false,
  manyFields: new Set(),
  unchanged: new Set(),
}

function forUpdate({ spec = {} }: KubeObject, { spec: old = {}, status }: KubeObject): Strictness {
  const before: readonly Version[] = old.versions ?? []
  const schemas = before.flatMap(({ schema }) => schema?.openAPIV3Schema ?? [])
  const established = (status?.conditions ?? []).some(
    (condition: { type: string; status: string }) => condition.type === 'Established' && condition.status === 'True',
  )
  const reviews: readonly string[] = old.conversion?.webhook?.conversionReviewVersions ?? []
  const bundle = old.conversion?.webhook?.clientConfig?.caBundle
  const tooMany = before.filter(({ name, selectableFields = [] }) => {
    const now = ((spec.versions ?? []) as readonly Version[]).find((version) => version.name === name)
    return (
      selectableFields !== null && selectableFields.length > 8 && equalJson(now?.selectableFields, selectableFields)
    )
  })
  return {
    ...strictnessAfter(schemas, (check) => schemas.every((schema) => passes(schema, check, new Errors()))),
    knownReviewVersion: reviews.length === 0 || reviews.some(isKnownReview),
    immutableNames: established,
    schemas: before.every(({ schema }) => schema?.openAPIV3Schema !== undefined),
    validBundle: established && (!bundle || bundleError(bundle) === undefined),
    manyFields: new Set(
      tooMany.length === before.length && before.length > 0 ? ['', ...names(tooMany)] : names(tooMany),
    ),
    unchanged: new Set(names(before.filter(isUnchanged))),
  }

  function isUnchanged({ name, schema }: Version): boolean {
    const now = ((spec.versions ?? []) as readonly Version[]).find((version) => version.name === name)
    return now !== undefined && equalJson(now.schema ?? null, schema ?? null)
  }
}

const of = (strictness: Strictness, { name = '' }: Version): Strictness => ({
  ...strictness,
  sameAsBefore: strictness.unchanged.has(name),
})

const names = (versions: readonly Version[]): string[] => versions.map(({ name }) => name ?? '')

function sharedOf(versions: readonly Version[]): Shared {
  const [first] = versions
  const same = (read: (version: Version) => unknown): boolean =>
    versions.every((version) => equalJson(read(version) ?? null, read(first!) ?? null))
  return {
    schema: same(({ schema }) => schema),
    subresources: same(({ subresources }) => subresources),
    columns: same(({ additionalPrinterColumns }) => additionalPrinterColumns),
    fields: same(({ selectableFields }) => selectableFields),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: decoded by its facts; what is wrong beyond that is found here
function validateSpec(spec: any, strictness: Strictness, errors: FieldErrors): void {
  const versions: readonly Version[] = spec.versions ?? []
  const shared = sharedOf(versions)
  validateGroup(spec.group ?? '', errors)
  const { scope } = spec
  if (!scope) errors.required('spec.scope')
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.notSupportedInOrder('spec.scope', scope, ['Cluster', 'Namespaced'])
  const preserves = spec.preserveUnknownFields === true
  for (const [i, { schema, served }] of versions.entries()) {
    if (schema?.openAPIV3Schema !== undefined) continue
    const at = `spec.versions[${i}].schema.openAPIV3Schema`
    if (strictness.schemas) errors.required(at)
    else if (!preserves && served) errors.required(at, 'because otherwise all fields are pruned')
  }
  if (preserves && versions.some(hasDefaults))
    errors.invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema')
  for (const [i, version] of versions.entries())
    validateVersion(version, `spec.versions[${i}]`, shared, strictness, errors)
  validateVersionSet(spec.versions, versions, errors)
  for (const name of ['plural', 'singular', 'kind', 'listKind'])
    if (!spec.names?.[name]) errors.required(`spec.names.${name}`)
  validateNames(spec.names ?? {}, 'spec.names', errors)
  const [first] = versions
  if (first !== undefined) validateShared(first, versions, shared, strictness, errors)
  const strategy = spec.conversion?.strategy
  if (preserves && strategy !== undefined && strategy !== 'None')
    errors.invalid('spec.conversion.strategy', strategy, 'must be None if spec.preserveUnknownFields is true')
  validateConversion(spec.conversion, strictness, errors)
}

const hasDefaults = ({ schema }: Version): boolean =>
  schema?.openAPIV3Schema !== undefined && compileNode(schema.openAPIV3Schema).hasDefaults

function validateGroup(group: string, errors: FieldErrors): void {
  const wrong = isDns1123Subdomain(group)
  if (group === '') errors.required('spec.group')
  else if (wrong.length > 0) errors.invalid('spec.group', group, wrong.join(','))
  else if (!group.includes('.')) errors.invalid('spec.group', group, 'should be a domain with at least one dot')
}

function validateVersion(
  version: Version,
  path: string,
  shared: Shared,
  strictness: Strictness,
  errors: FieldErrors,
): void {
  const wrong = isDns1035Label(version.name ?? '')
  if (wrong.length > 0) errors.invalid(child(path, 'name'), version.name ?? '', wrong.join(','))
  for (const text of deprecationErrors(version))
    errors.invalid(child(path, 'deprecationWarning'), version.deprecationWarning, text)
  const schema = version.schema?.openAPIV3Schema
  const hasStatus = version.subresources?.status !== undefined && version.subresources.status !== null
  if (!shared.schema && schema !== undefined)
    validateSchema(schema, hasStatus, of(strictness, version), child(path, 'schema.openAPIV3Schema'), errors)
  if (!shared.subresources) validateSubresources(version.subresources, child(path, 'subresources'), errors)
  if (!shared.columns)
    for (const [i, column] of (version.additionalPrinterColumns ?? []).entries())
      validateColumn(column, index(child(path, 'additionalPrinterColumns'), i), errors)
  if (!shared.fields && (version.selectableFields?.length ?? 0) > 0) {
    const at = child(path, 'selectableFields')
    const may = 'may only be set when `version.schema.openAPIV3Schema` is not included'
    if (shared.schema || schema === undefined) errors.invalid(at, '', may)
    else validateSelectableFields(version, schema, at, strictness.manyFields.has(version.name ?? ''), errors)
  }
}

/** What upstream's internal form says of all versions at once. */
function validateShared(
  first: Version,
  versions: readonly Version[],
  shared: Shared,
  strictness: Strictness,
  errors: FieldErrors,
): void {
  const schema: JsonSchema | undefined = shared.schema ? first.schema?.openAPIV3Schema : undefined
  const hasStatus = versions.some(
    ({ subresources }) => subresources?.status !== undefined && subresources.status !== null,
  )
  if (schema !== undefined)
    validateSchema(schema, hasStatus, of(strictness, first), 'spec.validation.openAPIV3Schema', errors)
  if (shared.subresources) validateSubresources(first.subresources, 'spec.subresources', errors)
  if (shared.columns)
    for (const [i, column] of (first.additionalPrinterColumns ?? []).entries())
      validateColumn(column, `spec.additionalPrinterColumns[${i}]`, errors)
  if (!shared.fields || (first.selectableFields?.length ?? 0) === 0) return
  const at = 'spec.selectableFields'
  if (schema === undefined) errors.invalid(at, '', 'may only be set when validations.schema is included')
  else validateSelectableFields(first, schema, at, strictness.manyFields.has(''), errors)
}

function validateVersionSet(raw: unknown, versions: readonly Version[], errors: FieldErrors): void {
  if (new Set(names(versions)).size !== versions.length)
    errors.invalid('spec.versions', raw, 'must contain unique version names')
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.invalid('spec.versions', raw, 'must have exactly one version marked as storage version')
  const first = versions[0]?.name ?? ''
  const wrong = first === '' ? [] : isDns1035Label(first)
  if (wrong.length > 0) errors.invalid('spec.version', first, wrong.join(','))
}

const unprintable = /[\p{C}\p{Z}]/u

function deprecationErrors({ deprecated = false, deprecationWarning: text }: Version): string[] {
  if (text === undefined || text === null) return []
  if (!deprecated) return ['can only be set for deprecated versions']
  const wrong: string[] = []
  if (Buffer.byteLength(text) > 256) wrong.push('must be <= 256 characters long')
  if (text === '') wrong.push('must not be an empty string')
  const at = [...text].findIndex((char) => char !== ' ' && unprintable.test(char))
  if (at >= 0) {
    const offset = Buffer.byteLength([...text].slice(0, at).join(''))
    wrong.push(`must only contain printable UTF-8 characters; non-printable character found at index ${offset}`)
  }
  return wrong
}

function validateNames(given: Names, path: string, errors: FieldErrors): void {
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = given[name] ?? ''
    if (value === '') continue
    const isKind = name === 'kind' || name === 'listKind'
    const wrong = isDns1035Label(isKind ? value.toLowerCase() : value)
    const mixed = isKind ? 'may have mixed case, but should otherwise match: ' : ''
    if (wrong.length > 0) errors.invalid(child(path, name), value, mixed + wrong.join(','))
  }
  const each = (list: 'shortNames' | 'categories'): void => {
    for (const [i, value] of (given[list] ?? []).entries()) {
      const wrong = isDns1035Label(value)
      if (wrong.length > 0) errors.invalid(index(child(path, list), i), value, wrong.join(','))
    }
  }
  each('shortNames')
  if (given.kind && given.kind === given.listKind)
    errors.invalid(child(path, 'listKind'), given.listKind, 'kind and listKind may not be the same')
  each('categories')
}

function validateStoredVersions(
  stored: readonly string[] | undefined,
  versions: readonly Version[],
  errors: FieldErrors,
): void {
  const path = 'status.storedVersions'
  if (stored === undefined || stored.length === 0) {
    errors.invalid(path, stored, 'must have at least one stored version')
    return
  }
  const missing = new Map(stored.map((name, i) => [name, i]))
  for (const { name = '', storage } of versions) {
    if (storage && !missing.has(name)) errors.invalid(path, stored, `must have the storage version ${name}`)
    missing.delete(name)
  }
  for (const [name, i] of missing)
    errors.invalid(
      index(path, i),
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a ` +
        `storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    )
}

function validateApproval(object: KubeObject, old: KubeObject | undefined, errors: FieldErrors): void {
  const { annotations } = object.metadata
  const approval = approvalOf(object.spec?.group ?? '', annotations)
  if (approval.kind === 'free' || approval.kind === 'approved' || approval.kind === 'bypassed') return
  if (old !== undefined && approvalOf(object.spec?.group ?? '', old.metadata.annotations).kind === approval.kind) return
  const path = key('metadata.annotations', approvalAnnotation)
  if (approval.kind === 'missing') errors.required(path, approval.message)
  else errors.invalid(path, annotations?.[approvalAnnotation], approval.message)
}

const isKnownReview = (version: string): boolean => version === 'v1' || version === 'v1beta1'

// biome-ignore lint/suspicious/noExplicitAny: decoded by its facts
function validateConversion(conversion: any, strictness: Strictness, errors: FieldErrors): void {
  if (conversion === undefined || conversion === null) return
  const path = 'spec.conversion'
  const { strategy } = conversion
  if (!strategy) errors.required(child(path, 'strategy'))
  else if (strategy !== 'None' && strategy !== 'Webhook')
    errors.notSupportedInOrder(child(path, 'strategy'), strategy, ['None', 'Webhook'])
  const client = conversion.webhook?.clientConfig
  const reviews: readonly string[] = conversion.webhook?.conversionReviewVersions ?? []
  const clientAt = child(path, 'webhookClientConfig')
  const reviewsAt = child(path, 'conversionReviewVersions')
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook'
    if (client !== undefined && client !== null) errors.forbidden(clientAt, detail)
    if (reviews.length > 0) errors.forbidden(reviewsAt, detail)
    return
  }
  if (client === undefined || client === null) errors.required(clientAt, 'required when strategy is set to Webhook')
  else {
    const [hasUrl, hasService] = [isThere(client.url), isThere(client.service)]
    if (hasUrl === hasService) errors.required(clientAt, 'exactly one of url or service is required')
    else if (hasUrl) webhookUrl(errors, child(clientAt, 'url'), client.url)
    else {
      // Upstream hands the name and the namespace over the wrong way round, which shows in its refusals.
      const { name: namespace, namespace: name } = client.service
      webhookService(errors, child(clientAt, 'service'), { ...client.service, name, namespace })
    }
    const wrong = client.caBundle && strictness.validBundle ? bundleError(client.caBundle) : undefined
    if (wrong !== undefined) errors.invalid(child(clientAt, 'caBundle'), client.caBundle, wrong)
  }
  validateReviews(reviews, strictness.knownReviewVersion, reviewsAt, errors)
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null

function validateReviews(reviews: readonly string[], known: boolean, path: string, errors: FieldErrors): void {
  if (reviews.length === 0) {
    errors.required(path)
    return
  }
  const seen = new Set<string>()
  for (const [i, version] of reviews.entries()) {
    if (seen.has(version)) {
      errors.invalid(index(path, i), version, 'duplicate version')
      continue
    }
    seen.add(version)
    for (const wrong of isDns1035Label(version)) errors.invalid(index(path, i), version, wrong)
  }
  if (known && !reviews.some(isKnownReview)) errors.invalid(path, reviews, 'must include at least one of v1, v1beta1')
}

/** Why a bundle (base64 of PEM) holds no certificates. */
function bundleError(bundle: string): string | undefined {
  const pem = Buffer.from(bundle, 'base64').toString('latin1')
  return /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.test(pem)
    ? undefined
    : 'unable to load root certificates: unable to parse bytes as PEM block'
}

// biome-ignore lint/suspicious/noExplicitAny: decoded by its facts
function validateImmutable(spec: any, old: any, names: boolean, errors: FieldErrors): void {
  const same = (now: unknown, before: unknown, path: string): void => {
    if (!equalJson(now ?? '', before ?? '')) errors.invalid(path, now ?? '', 'field is immutable')
  }
  if (names) {
    same(spec.scope, old.scope, 'spec.scope')
    same(spec.names?.kind, old.names?.kind, 'spec.names.kind')
  }
  same(spec.group, old.group, 'spec.group')
  same(spec.names?.plural, old.names?.plural, 'spec.names.plural')
}
