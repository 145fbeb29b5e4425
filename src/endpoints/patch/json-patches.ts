import {
  ApiError,
  apiVersionOf,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  beyondFloat,
  DecodeError,
  type DecodeOptions,
  type Duplicates,
  decodeJsonPatch,
  decodeMerged,
  decodeObject,
  FieldErrors,
  goText,
  internalError,
  invalid,
  type Json,
  type JsonObject,
  type KubeObject,
  keepSent,
  type Literals,
  largeObject,
  nextTurn,
  notFound,
  outOfRange,
  printJsonPatched,
  printMerged,
  StrictErrors,
  withoutUnmatchedNulls,
} from '../../api/index.js'
import { decodePatchedObject, JsonError, parseJson, patchedType, warningTexts } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import type { SchemaForm } from '../../registry/index.js'
import { managerOf } from '../field-manager.js'
import type { WriteQuery } from '../query-options.js'
import type { RequestScope } from '../scope.js'
import { jsonPatchType, type Mechanism, mergePatchType, strategicPatchType } from './mechanism.js'

/** A patch that was read: how it applies, and how upstream prints what came of it into a refusal. */
interface ReadPatch {
  apply(document: JsonObject): Json
  print(patched: Json): string
  /** How what it has made is to be read, which may hold numbers as they were written and objects with repeated keys. */
  readonly reading: DecodeOptions
  /** What strict validation finds in the patch itself. */
  readonly strict: readonly string[]
}

/** JSON patch, merge patch and strategic merge patch: patched as JSON, then decoded like a body. */
export function patching(
  scope: RequestScope,
  context: RequestContext,
  type: string,
  body: Buffer,
  options: WriteQuery,
): Mechanism {
  const manager = managerOf(options.fieldManager, context)
  let patch: ReadPatch | undefined
  return {
    creates: false,
    async patch(live, size) {
      // Only an apply creates, also of kinds that a PUT creates.
      if (live === undefined) throw notFound(scope.resource, context.info.name)
      patch ??= readPatch(scope, type, body, options)
      if (body.length >= largeObject) await nextTurn()
      const patched = patch.apply(live as unknown as JsonObject)
      if (size + body.length < largeObject && !scope.fieldManager.waits)
        return scope.fieldManager.update(live, decodePatched(scope, context, patched, patch, type, options), manager)
      await nextTurn()
      const object = decodePatched(scope, context, patched, patch, type, options)
      await nextTurn()
      return scope.fieldManager.updateInTurns(live, object, manager)
    },
  }
}

function readPatch(scope: RequestScope, type: string, body: Buffer, { fieldValidation }: WriteQuery): ReadPatch {
  const { value, duplicates, exact, literals } = parse(type, body, fieldValidation)
  const report = new StrictErrors()
  const reading: DecodeOptions = { exactNumbers: exact }
  if (type === jsonPatchType) {
    if (duplicates !== undefined && fieldValidation !== 'Ignore') reportOperations(value, duplicates, report)
    const { operations, strictErrors } = decodeJsonPatch(value, fieldValidation, duplicates)
    let opened = new WeakSet<object>()
    return {
      apply(document) {
        opened = new WeakSet()
        return applyJsonPatch(document, operations, { opened, literals })
      },
      print: (patched) => printJsonPatched(patched, opened, duplicates),
      reading: { exactNumbers: exact, duplicates },
      strict: [...report.list.map((text) => `json patch ${text}`), ...strictErrors],
    }
  }
  if (duplicates !== undefined && fieldValidation !== 'Ignore') reportDuplicates(value, duplicates, '', report)
  if (type === mergePatchType)
    return {
      apply: (document) => applyMergePatch(document, value, fieldValidation, duplicates),
      print: (patched) => printMerged(patched, value),
      reading,
      strict: report.list,
    }
  let patched: JsonObject | undefined
  return {
    apply(document) {
      patched = document
      return applyStrategicMergePatch(document, value, scope.version.shape, duplicates)
    },
    print: () => goText(withoutUnmatchedNulls(patched, value)),
    reading,
    strict: report.list,
  }
}

function parse(type: string, body: Buffer, validation: string): ParsedPatch {
  try {
    // Only tests look at how a value is written.
    const literals = type === jsonPatchType && body.includes('"test"')
    return parseJson(body, { exactNumbers: true, literals }) as ParsedPatch
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    if (type === strategicPatchType) throw badRequest(error.message)
    if (type === mergePatchType && validation === 'Ignore') throw badRequest('Invalid JSON Patch')
    throw badRequest(validation === 'Ignore' ? error.message : `error decoding patch: ${error.message}`)
  }
}

interface ParsedPatch {
  readonly value: Json
  readonly duplicates: Duplicates | undefined
  readonly exact: boolean
  readonly literals: Literals | undefined
}

/** Of an operation only the members count that it knows, and whatever is in its value. */
function reportOperations(patch: Json, duplicates: Duplicates, report: StrictErrors): void {
  if (!Array.isArray(patch)) return
  for (const [i, operation] of patch.entries()) {
    if (typeof operation !== 'object' || operation === null) continue
    const seen = new Set<string>()
    for (const [key, held] of duplicates.get(operation) ?? Object.entries(operation)) {
      const at = `[${i}].${key}`
      if (seen.has(key) && memberNames.has(key)) report.duplicate(at)
      seen.add(key)
      if (key === 'value') reportDuplicates(held, duplicates, at, report)
    }
  }
}

const memberNames = new Set(['op', 'path', 'from', 'value'])

/** Keys that a patch has more than once, by their path from the root. */
function reportDuplicates(value: unknown, duplicates: Duplicates, path: string, report: StrictErrors): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) reportDuplicates(item, duplicates, `${path}[${i}]`, report)
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
  patch: ReadPatch,
  type: string,
  { fieldValidation }: WriteQuery,
): KubeObject {
  const { version } = scope
  const refuse = (why: string): ApiError => {
    const errors = new FieldErrors()
    errors.invalid('patch', patch.print(patched), why)
    return invalid({ group: '', kind: '' }, '', errors)
  }
  const report = fieldValidation === 'Ignore' ? undefined : new StrictErrors()
  let object: KubeObject
  try {
    object =
      version.form === undefined
        ? decodeBuiltin(scope, patched, type, { ...patch.reading, report }, () => patch.print(patched))
        : decodeCustom(version.form, patched, patch, report)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw refuse(version.form === undefined ? firstMistake(scope, patched, patch, type, error) : error.message)
  }
  const found = [...patch.strict, ...inOrder(scope, patched, patch, type, report?.list ?? [])]
  if (found.length > 0 && fieldValidation === 'Strict') throw refuse(`strict decoding error: ${found.join(', ')}`)
  if (fieldValidation === 'Warn') for (const text of found.flatMap(warningTexts)) context.warnings.add(text)
  if (version.form !== undefined) {
    version.defaults(object)
    return object
  }
  const { kind: _, apiVersion: __, ...rest } = object
  const typed = keepSent(object, { kind: version.kind, apiVersion: version.apiVersion, ...rest } as KubeObject)
  try {
    version.defaults(typed)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    // What a strategic merge made is an object already: that it cannot be converted is not laid to the patch.
    throw type === strategicPatchType ? new ApiError('', error.message) : refuse(error.message)
  }
  return typed
}

/** The mistake that is told: upstream reads the patched object as it prints it, where the keys of what was patched are sorted. */
function firstMistake(scope: RequestScope, patched: Json, patch: ReadPatch, type: string, found: DecodeError): string {
  if (type === strategicPatchType) return found.message
  try {
    decodePrinted(scope, patched, patch, type, undefined)
  } catch (error) {
    if (error instanceof DecodeError) return error.message
    if (!(error instanceof JsonError)) throw error
  }
  return found.message
}

/** What strict decoding finds, in the order of what is printed. What comes of a strategic merge patch are maps of Go. */
function inOrder(
  scope: RequestScope,
  patched: Json,
  patch: ReadPatch,
  type: string,
  found: readonly string[],
): readonly string[] {
  // Custom resources tell them in an order of their own: what was pruned, then what embedded metadata do not know.
  if (found.length < 2 || scope.version.form !== undefined) return found
  if (type === strategicPatchType) return found.toSorted()
  const report = new StrictErrors()
  try {
    decodePrinted(scope, patched, patch, type, report)
    return report.list
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return found
  }
}

function decodePrinted(
  scope: RequestScope,
  patched: Json,
  patch: ReadPatch,
  type: string,
  report: StrictErrors | undefined,
): void {
  const text = patch.print(patched)
  const { value, duplicates } = parseJson(Buffer.from(text), { exactNumbers: true })
  decodeBuiltin(scope, value as Json, type, { exactNumbers: true, duplicates, report }, () => text)
}

/** The patched JSON of a built-in kind, in the version of the request. What a strategic merge made has only one type. Throws DecodeError. */
function decodeBuiltin(
  { version, resource }: RequestScope,
  patched: Json,
  type: string,
  options: DecodeOptions,
  source: () => string,
): KubeObject {
  if (type === strategicPatchType) return decodeMerged(patched, version.shape, options)
  const read = decodePatchedObject(patched, version, version.shape, options, source)
  const apiVersion = apiVersionOf(read.type)
  if (apiVersion === version.apiVersion) return read.object
  const other = resource.versions.find((candidate) => candidate.apiVersion === apiVersion)
  // Versions that nobody serves any more are read as what they became.
  if (other === undefined) return decodeObject(patched, version.shape, { ...options, report: undefined })
  const { kind: _, apiVersion: __, ...rest } = read.object
  const object = { kind: other.kind, apiVersion, ...rest } as KubeObject
  other.defaults(object)
  return version.fromStorage(other.toStorage(object))
}

/** The same of a custom resource, which has to say what it is. Throws DecodeError, ApiError 500. */
function decodeCustom(form: SchemaForm, patched: Json, patch: ReadPatch, report: StrictErrors | undefined): KubeObject {
  const exact = patch.reading.exactNumbers === true
  const literal = exact ? outOfRange(patched) : undefined
  if (literal !== undefined) throw new DecodeError(beyondFloat(literal))
  const type = patchedType(patched)
  if (type.kind === '') throw new DecodeError(`Object 'Kind' is missing in '${patch.print(patched)}'`)
  if (type.version === '') throw internalError(`Object 'apiVersion' is missing in 'object has no apiVersion field'`)
  const typed = { ...(patched as JsonObject), apiVersion: apiVersionOf(type), kind: type.kind }
  return form.decode(typed, { ...patch.reading, report })
}
