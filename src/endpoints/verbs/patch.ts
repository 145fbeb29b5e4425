import {
  type ApiError,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  conflict,
  DecodeError,
  type Duplicates,
  decodeJsonPatch,
  decodeObject,
  FieldErrors,
  goText,
  invalid,
  type Json,
  type JsonObject,
  type KubeObject,
  StrictErrors,
} from '../../api/index.js'
import {
  JsonError,
  parseJson,
  parseYaml,
  stringifyJson,
  unsupportedMediaType,
  warningTexts,
} from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import { matchNamespace } from '../../registry/index.js'
import { managerOf, validateManager } from '../field-manager.js'
import { negotiate, objectRepresentations } from '../negotiate.js'
import { dedupeOwners } from '../owner-references.js'
import { booleanOf, type WriteQuery, writeOptions } from '../query-options.js'
import { respondStored } from '../respond.js'
import { attributesOf, type RequestScope, registryOf, writeRequest } from '../scope.js'
import { checkName } from './update.js'

const jsonType = 'application/json-patch+json'
const mergeType = 'application/merge-patch+json'
const strategicType = 'application/strategic-merge-patch+json'
const applyType = 'application/apply-patch+yaml'
const patchTypes = [jsonType, mergeType, strategicType, applyType]

/** Makes the new object, in the scope's version, out of the live one. Upstream: patchMechanism. */
interface Mechanism {
  /** What is not there is created. */
  readonly creates: boolean
  patch(live: KubeObject | undefined): Promise<KubeObject> | KubeObject
}

/** PATCH of an object, in all its types. Source: apiserver pkg/endpoints/handlers/patch.go. */
export async function patch(scope: RequestScope, context: RequestContext): Promise<void> {
  const type = (context.exchange.headers['content-type'] ?? '').split(';', 1)[0]!.trim()
  if (!patchTypes.includes(type)) throw unsupportedMediaType(patchTypes)
  const negotiated = negotiate(context, objectRepresentations)
  const body = await context.exchange.body(scope.environment.maxRequestBodyBytes)
  const force = booleanOf(context.query, 'force')
  const options = writeOptions(context.query, 'PatchOptions', validateManager, (errors) => {
    if (type === applyType) {
      if (!context.query.get('fieldManager')) errors.required('fieldManager', 'is required for apply patch')
    } else if (force !== undefined) errors.forbidden('force', 'may not be specified for non-apply patch')
  })
  const mechanism =
    type === applyType
      ? await applying(scope, context, body, options, force === true)
      : patching(scope, context, type, body, options)
  const registry = registryOf(scope)
  const { info } = context
  const parameters = {
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
    ...(force === undefined ? {} : { force }),
  }
  const stored = await registry.update(info.name, {
    ...writeRequest(scope, context, 'UPDATE', parameters, options.dryRun),
    createIfAbsent: mechanism.creates,
    authorizeCreate: () => scope.environment.authorize(context, 'create'),
    async next(existing) {
      const patched = await mechanism.patch(existing === undefined ? undefined : scope.show(existing))
      if (existing === undefined && patched.metadata.uid)
        throw conflict(
          registry.groupResource,
          info.name,
          `uid mismatch: the provided object specified uid ${patched.metadata.uid}, and no existing object was found`,
        )
      matchNamespace(registry, patched, info.namespace)
      checkName(patched, info.name)
      const object = scope.keep(patched, existing)
      const operation = existing === undefined ? 'CREATE' : 'UPDATE'
      const attributes = attributesOf(scope, context, operation, object, existing, parameters, options.dryRun)
      await scope.environment.admission.admit(attributes)
      dedupeOwners(object, context, true)
      return object
    },
  })
  return respondStored(scope, context, stored.created ? 201 : 200, stored, negotiated)
}

/** Server-side apply. The body is read once, whatever conflicts make us apply it again. */
async function applying(
  scope: RequestScope,
  context: RequestContext,
  body: Buffer,
  options: WriteQuery,
  force: boolean,
): Promise<Mechanism> {
  let parsed: Awaited<ReturnType<typeof parseYaml>>
  try {
    parsed = await parseYaml(body)
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`, { cause: error })
  }
  return {
    creates: true,
    patch(live) {
      const object = scope.fieldManager.apply(live, parsed.value, options.fieldManager, force)
      if (parsed.duplicates !== undefined) {
        if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${parsed.duplicates}`)
        if (options.fieldValidation === 'Warn')
          for (const text of warningTexts(parsed.duplicates)) context.warnings.add(text)
      }
      return object
    },
  }
}

/** JSON patch, merge patch and strategic merge patch: patched as JSON, then decoded like a body. */
function patching(
  scope: RequestScope,
  context: RequestContext,
  type: string,
  body: Buffer,
  options: WriteQuery,
): Mechanism {
  const { value, strict } = readPatch(type, body, options)
  const operations = type === jsonType ? decodeJsonPatch(value, options.fieldValidation) : undefined
  if (operations !== undefined) strict.push(...operations.strictErrors)
  const manager = managerOf(options.fieldManager, context)
  const apply = (document: JsonObject): Json => {
    if (operations !== undefined) return applyJsonPatch(document, operations.operations)
    if (type === mergeType) return applyMergePatch(document, value, options.fieldValidation)
    return applyStrategicMergePatch(document, value, scope.version.shape)
  }
  return {
    creates: false,
    patch(live) {
      if (live === undefined) throw new Error('a patch does not create')
      const patched = apply(live as unknown as JsonObject)
      const object = decodePatched(
        scope,
        context,
        patched,
        type === strategicType ? () => goText(value as Json) : () => stringifyJson(patched),
        options,
        strict,
      )
      return scope.fieldManager.update(live, object, manager)
    },
  }
}

function readPatch(type: string, body: Buffer, { fieldValidation }: WriteQuery): { value: Json; strict: string[] } {
  try {
    const { value, duplicates } = parseJson(body)
    const report = new StrictErrors()
    if (duplicates !== undefined && fieldValidation !== 'Ignore') reportDuplicates(value, duplicates, '', report)
    const strict = report.list.map((text) => (type === jsonType ? `json patch ${text}` : text))
    return { value: value as Json, strict }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    if (type === strategicType) throw badRequest(error.message)
    if (type === mergeType && fieldValidation === 'Ignore') throw badRequest('Invalid JSON Patch')
    throw badRequest(fieldValidation === 'Ignore' ? error.message : `error decoding patch: ${error.message}`)
  }
}

/** Keys that a patch has more than once, by their path from the root. */
function reportDuplicates(value: unknown, duplicates: Duplicates, path: string, report: StrictErrors): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    value.forEach((item, i) => reportDuplicates(item, duplicates, `${path}[${i}]`, report))
    return
  }
  const seen = new Set<string>()
  for (const [key, held] of duplicates.get(value) ?? Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    if (seen.has(key)) report.duplicate(at)
    seen.add(key)
    reportDuplicates(held, duplicates, at, report)
  }
}

/** The patched JSON as a typed object; what is wrong with it is the patch's fault. */
function decodePatched(
  scope: RequestScope,
  context: RequestContext,
  patched: Json,
  printed: () => string,
  { fieldValidation }: WriteQuery,
  strict: readonly string[],
): KubeObject {
  const { version } = scope
  const refuse = (why: string): ApiError => {
    const errors = new FieldErrors()
    errors.invalid('patch', printed(), why)
    return invalid({ group: '', kind: '' }, '', errors)
  }
  const report = fieldValidation === 'Ignore' ? undefined : new StrictErrors()
  let object: KubeObject
  try {
    object = decodeObject(patched, version.shape, { report })
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw refuse(error.message)
  }
  const found = [...strict, ...(report?.list ?? [])]
  if (found.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${found.join(', ')}`)
  if (fieldValidation === 'Warn') for (const text of found.flatMap(warningTexts)) context.warnings.add(text)
  if (object.kind !== version.kind || object.apiVersion !== version.apiVersion)
    throw refuse(
      `no kind "${object.kind ?? ''}" is registered for version "${object.apiVersion ?? ''}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    )
  version.defaults(object)
  return object
}
