import {
  DecodeError,
  type DecodeOptions,
  decodeObject,
  type KubeObject,
  quote,
  type StructShape,
} from '../api/index.js'
import { checkConvertible, registeredKind, sameVersion } from './registered-kind.js'
import { interpret, type TypeMeta } from './type-meta.js'

/** What the JSON of a patched object says it is. Its root has been through the patch, which leaves its keys sorted. */
export function patchedType(patched: unknown): TypeMeta {
  const isMap = typeof patched === 'object' && patched !== null && !Array.isArray(patched)
  const entries = isMap ? Object.entries(patched).sort(([a], [b]) => (a < b ? -1 : 1)) : undefined
  return interpret(entries === undefined ? patched : Object.fromEntries(entries), undefined)
}

/**
 * Reads the JSON of a patched built-in object. Without an apiVersion it counts as the internal type, whose fields have other
 * names: nothing of it is known, not even a name, which the caller will miss.
 *
 * @param source the JSON itself
 * @returns the object in the version that it says it has
 * @throws DecodeError with upstream's message
 * @see apimachinery pkg/runtime/serializer/json/json.go (gvkWithDefaults), apiserver pkg/endpoints/handlers/patch.go
 */
export function decodePatchedObject(
  patched: unknown,
  expected: TypeMeta,
  shape: StructShape,
  options: DecodeOptions,
  source: () => string,
): { readonly object: KubeObject; readonly type: TypeMeta } {
  const said = patchedType(patched)
  const type = said.kind === '' ? { ...said, kind: expected.kind } : said
  if (type.version === '' && (type.group === '' || type.group === expected.group)) {
    const keys = Object.keys(patched ?? {}).filter((key) => key !== 'kind' && key !== 'apiVersion')
    for (const key of keys.sort()) options.report?.unknown(key)
    return { object: { metadata: {} } as KubeObject, type: expected }
  }
  if (type.version === '') throw new DecodeError(`Object 'apiVersion' is missing in '${source()}'`)
  const same = type.kind === expected.kind && sameVersion(type, expected)
  const own = same ? shape : registeredKind(type)
  if (own === undefined) {
    const version = type.group === '' ? type.version : `${type.group}/${type.version}`
    throw new DecodeError(
      `no kind ${quote(type.kind)} is registered for version ${quote(version)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  }
  const object = decodeObject(patched, own, options)
  checkConvertible(type, expected, {}, own)
  return { object, type }
}
