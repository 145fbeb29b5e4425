import { badRequest, DecodeError, type Duplicates, decode, quote, type StructShape } from '../api/index.js'
import { parseJson } from './json/parse.js'
import { JsonError } from './json/reader.js'
import { jsonMediaType, parseMediaType, unsupportedMediaType, yamlMediaType } from './media-type.js'
import { interpret } from './type-meta.js'
import { YamlError } from './yaml/errors.js'
import { parseYaml } from './yaml/parse.js'

export interface DecodeOptionsBody {
  readonly shape: StructShape
  /** Decoders of other media types, in the order in which a 415 lists them. */
  readonly others?: ReadonlyMap<string, OptionsReader>
}

/** Reads options of another media type. Throws ApiError. */
export type OptionsReader = (body: Buffer, shape: StructShape) => unknown

/**
 * The body of a DELETE: DeleteOptions of whatever version, with or without type meta. Never strict.
 *
 * @throws ApiError 400 and 415 in upstream's words
 */
export async function decodeOptionsBody(
  body: Buffer,
  contentType: string | undefined,
  { shape, others }: DecodeOptionsBody,
): Promise<Record<string, unknown>> {
  const type = contentType === undefined || contentType === '' ? jsonMediaType : parseMediaType(contentType)
  const other = type === undefined ? undefined : others?.get(type)
  if (type !== jsonMediaType && type !== yamlMediaType && other === undefined) {
    throw unsupportedMediaType([jsonMediaType, yamlMediaType, ...(others?.keys() ?? [])])
  }
  try {
    if (other !== undefined) return decode(await other(body, shape), shape)
    const exactNumbers = true
    let value: unknown
    let duplicates: Duplicates | undefined
    if (type === yamlMediaType) ({ value } = await parseYaml(body, { exactNumbers }))
    else ({ value, duplicates } = parseJson(body, { exactNumbers }))
    const { kind, group, version } = interpret(value, duplicates)
    if (kind !== '' && kind !== shape.goName) {
      const apiVersion = group !== '' ? `${group}/${version}` : version || 'meta.k8s.io/v1'
      if (isMetaKind(kind, apiVersion))
        throw new DecodeError(`converting (v1.${kind}) to (v1.${shape.goName}): unknown conversion`)
      throw new DecodeError(
        `no kind ${quote(kind)} is registered for version ${quote(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
      )
    }
    return decode(value, shape, { duplicates, exactNumbers })
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
    if (error instanceof YamlError || error instanceof DecodeError) throw badRequest(error.message)
    throw error
  }
}

/** Kinds that the scheme of options knows: some in whatever version, some of `meta.k8s.io` alone. */
function isMetaKind(kind: string, apiVersion: string): boolean {
  if (everywhere.has(kind)) return true
  if (apiVersion === 'meta.k8s.io/v1') return shown.has(kind) || kind === 'ListOptions' || kind === 'WatchEvent'
  return apiVersion === 'meta.k8s.io/v1beta1' && shown.has(kind)
}

const everywhere = new Set([
  'CreateOptions',
  'DeleteOptions',
  'GetOptions',
  'PatchOptions',
  'UpdateOptions',
  'Status',
  'APIVersions',
  'APIGroupList',
  'APIGroup',
  'APIResourceList',
])
const shown = new Set(['Table', 'TableOptions', 'PartialObjectMetadata', 'PartialObjectMetadataList'])
