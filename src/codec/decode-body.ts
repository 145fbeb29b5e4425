import {
  apiVersionOf,
  badRequest,
  beyondFloat,
  DecodeError,
  type DecodeOptions,
  decodeObject,
  type GroupVersion,
  type KubeObject,
  keepSent,
  largeObject,
  nextTurn,
  type ObjectMeta,
  outOfRange,
  parseApiVersion,
  quote,
  StrictErrors,
  type StructShape,
} from '../api/index.js'
import { cannotHandle, unrecognized, warningTexts } from './body-errors.js'
import { stringifyJson } from './json/encode.js'
import { parseJson } from './json/parse.js'
import { JsonError } from './json/reader.js'
import { jsonMediaType, parseMediaType, unsupportedMediaType, yamlMediaType } from './media-type.js'
import { checkConvertible, registeredKind, sameVersion } from './registered-kind.js'
import { interpret, type TypeMeta } from './type-meta.js'
import { YamlError } from './yaml/errors.js'
import { parseYaml } from './yaml/parse.js'

export interface DecodeBodyOptions {
  /** The kind of the URL. A body that does not say what it is counts as this. */
  readonly expected: TypeMeta
  /** Values of the query parameter; anything else was refused before. Empty means Warn. */
  readonly fieldValidation: '' | 'Ignore' | 'Warn' | 'Strict'
  /** How bodies of the expected kind decode. */
  readonly target: TypedTarget | FreeTarget
  /**
   * Versions of the body that are taken; the caller then converts. Default: the expected one alone. Another one is
   * refused with "the API version in the data ... does not match ...".
   */
  accepts?(version: GroupVersion): boolean
  /** Told the texts of warnings about a body that is then refused for its version. */
  warn?(text: string): void
  /** Readers of other media types, by media type, in the order in which a 415 lists them. */
  readonly others?: ReadonlyMap<string, BodyReader>
}

/** A built-in kind. */
export interface TypedTarget {
  readonly shape: StructShape
  /** Every kind of the scheme. Default: those of the facts. */
  readonly registered?: (type: TypeMeta) => StructShape | undefined
  /** Upstream's name of the internal type, told if another kind is sent: `core.ConfigMap`. Default: guessed by group. */
  readonly internalType?: string
  /** Upstream's name of the scheme, told if an unknown kind is sent. */
  readonly scheme?: string
}

/** A custom resource: its body says itself what it is, and unknown kinds are the caller's business. */
export interface FreeTarget {
  /** Throws DecodeError. Reports unknown and duplicate fields, which upstream looks for here and not while parsing. */
  decode(raw: unknown, options: DecodeOptions): KubeObject
}

export interface DecodedBody {
  /** `kind` and `apiVersion` are set, from the URL where the body had none. */
  readonly object: KubeObject
  /** What the body is. Its version is one that `accepts` takes. */
  readonly type: TypeMeta
  /** Texts for Warning headers. */
  readonly warnings: readonly string[]
}

/** Reads a body of another media type. Throws ApiError. */
export type BodyReader = (body: Buffer, options: DecodeBodyOptions) => DecodedBody | Promise<DecodedBody>

/**
 * From the bytes of a create's or update's body to a typed object. A promise only for YAML, for large bodies
 * and whatever `others` promise.
 * Source: apiserver pkg/endpoints/handlers/create.go, rest.go (transformDecodeError); apimachinery
 * pkg/runtime/serializer/json.
 *
 * @param contentType as sent; empty or undefined means JSON
 * @throws ApiError 400 and 415 in upstream's words
 */
export function decodeBody(
  body: Buffer,
  contentType: string | undefined,
  options: DecodeBodyOptions,
): DecodedBody | Promise<DecodedBody> {
  const type = contentType === undefined || contentType === '' ? jsonMediaType : parseMediaType(contentType)
  if (type === jsonMediaType) return decodeJson(body, options)
  if (type === yamlMediaType) return decodeYaml(body, options)
  const other = type === undefined ? undefined : options.others?.get(type)
  if (other === undefined) {
    throw unsupportedMediaType([jsonMediaType, yamlMediaType, ...(options.others?.keys() ?? [])])
  }
  return other(body, options)
}

/** A value as it was parsed, with what only the parser knows. */
export interface Parsed {
  readonly value: unknown
  readonly options: DecodeOptions
  /** A strict error of the parser, told before all others. */
  readonly strict: string | undefined
  /** The error of a number that it cannot hold. */
  readonly outOfRange?: string | undefined
  /** What it was turned into before it was read. Default: the body is JSON itself. */
  json?(): string
  /** The strict errors in the words of the format. Default: as they are. */
  readonly tell?: ((problems: readonly string[]) => readonly string[]) | undefined
}

function decodeJson(body: Buffer, options: DecodeBodyOptions): DecodedBody | Promise<DecodedBody> {
  let parsed: Parsed
  try {
    const { value, duplicates, exact } = parseJson(body, { exactNumbers: true })
    parsed = { value, options: { duplicates, exactNumbers: exact }, strict: undefined }
    // A built-in field refuses what it cannot hold by itself.
    const literal = exact && !('shape' in options.target) ? outOfRange(value, duplicates) : undefined
    if (literal !== undefined) parsed = { ...parsed, outOfRange: beyondFloat(literal) }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`, body, options.expected.kind)
  }
  if (body.length >= largeObject) return nextTurn().then(() => decodeParsed(parsed, body, options))
  return decodeParsed(parsed, body, options)
}

async function decodeYaml(body: Buffer, options: DecodeBodyOptions): Promise<DecodedBody> {
  let parsed: Parsed
  try {
    const exactNumbers = 'shape' in options.target
    const { value, duplicates } = await parseYaml(body, { exactNumbers })
    parsed = { value, options: { exactNumbers }, strict: duplicates, json: () => stringifyJson(value) }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    throw unrecognized(error.message, body, options.expected.kind)
  }
  return decodeParsed(parsed, body, options)
}

export function decodeParsed(parsed: Parsed, body: Buffer, options: DecodeBodyOptions): DecodedBody {
  const { expected, fieldValidation, target } = options
  let actual: TypeMeta
  try {
    actual = interpret(parsed.value, parsed.options.duplicates)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw unrecognized(error.message, body, expected.kind)
  }
  if ('shape' in target) actual = withDefaults(actual, expected)
  else actual = exactType(parsed.value)
  if (actual.kind === '') {
    const missing = (text: string): string => `Object 'Kind' is missing in '${text}'`
    // Only the strict decoder has not even a guess what it may be.
    if (fieldValidation === 'Ignore')
      throw cannotHandle(withDefaults(actual, expected), expected.kind, missing(parsed.json?.() ?? body.toString()))
    throw unrecognized(missing(body.toString()), body, expected.kind)
  }

  if (parsed.outOfRange !== undefined) throw cannotHandle(actual, expected.kind, parsed.outOfRange)
  const asIs = !('shape' in target)
  const strict = fieldValidation === 'Ignore' ? undefined : new StrictErrors({ asIs })
  const decodeOptions: DecodeOptions = { ...parsed.options, report: strict }
  let object: KubeObject
  try {
    object =
      'shape' in target
        ? decodeTyped(parsed.value, actual, expected, target, decodeOptions, () => body.toString())
        : target.decode(parsed.value, decodeOptions)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw cannotHandle(actual, expected.kind, error.message)
  }
  const found = strict === undefined ? [] : strictProblems(parsed.strict, strict.list)
  const problems = parsed.tell === undefined ? found : parsed.tell(found)
  if (fieldValidation === 'Strict' && problems.length > 0) {
    throw cannotHandle(actual, expected.kind, `strict decoding error: ${problems.join(', ')}`)
  }
  const accepted = options.accepts?.(actual) ?? sameVersion(actual, expected)
  const warnings = problems.flatMap(warningTexts)
  if (!accepted) {
    for (const text of warnings) options.warn?.(text)
    throw badRequest(
      `the API version in the data (${apiVersionOf(actual)}) does not match the expected API version (${apiVersionOf(expected)})`,
    )
  }
  return { object, type: actual, warnings }
}

function decodeTyped(
  raw: unknown,
  actual: TypeMeta,
  expected: TypeMeta,
  target: TypedTarget,
  options: DecodeOptions,
  source: () => string,
): KubeObject {
  if (actual.version === '') throw new DecodeError(`Object 'apiVersion' is missing in '${source()}'`)
  const same = sameVersion(actual, expected) && actual.kind === expected.kind
  const shape = same ? target.shape : (target.registered ?? registeredKind)(actual)
  if (shape === undefined) {
    const scheme = target.scheme ?? 'pkg/runtime/scheme.go:111'
    throw new DecodeError(
      `no kind ${quote(actual.kind)} is registered for version ${quote(apiVersionOf(actual))} in scheme "${scheme}"`,
    )
  }
  const object = decodeObject(raw, shape, options)
  checkConvertible(actual, expected, target, shape)
  return typed(object, actual)
}

/** Of a custom resource only the members count that are called just so. */
function exactType(value: unknown): TypeMeta {
  const text = (name: string): string => {
    const held = Object.hasOwn(value ?? {}, name) ? (value as Record<string, unknown>)[name] : undefined
    return typeof held === 'string' ? held : ''
  }
  return { kind: text('kind'), ...parseApiVersion(text('apiVersion')) }
}

/** Sets type meta where the body left it out; it stays in front. */
function typed(object: KubeObject, type: TypeMeta): KubeObject {
  const apiVersion = apiVersionOf(type)
  if (object.kind === type.kind && object.apiVersion === apiVersion) return object
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return keepSent(object, { kind: type.kind, apiVersion, ...(rest as { metadata: ObjectMeta }) })
}

/** Source: apimachinery pkg/runtime/serializer/json/json.go, gvkWithDefaults. */
export function withDefaults(actual: TypeMeta, expected: TypeMeta): TypeMeta {
  const kind = actual.kind === '' ? expected.kind : actual.kind
  if (actual.version === '' && (actual.group === '' || actual.group === expected.group)) {
    return { group: expected.group, version: expected.version, kind }
  }
  return { group: actual.group, version: actual.version, kind }
}

const strictProblems = (first: string | undefined, rest: readonly string[]): readonly string[] =>
  first === undefined ? rest : [first, ...rest]
