import {
  apiVersionOf,
  convertBuiltin,
  decodeObject,
  type KubeObject,
  normalizeStored,
  type Release,
} from '../../api/index.js'
import { decodeProtobuf, encodeJson, encodeProtobuf, parseJson, protobufMediaType } from '../../codec/index.js'
import { encodeCustomRecord } from '../../crd/index.js'
import { encodeForStore, type StoredKind, selectionIndex, sortKeys, storedKinds } from '../../registry/index.js'
import type { ValueForm, WriteValue } from '../../store/index.js'
import { definitionFromV1beta1, definitionToV1beta1, v1beta1 } from './stored-definition.js'
import { hiddenResources } from './stored-resources.js'

const magic = Buffer.from('k8s\0', 'latin1')
const newline = Buffer.from('\n')
const noTime = '1970-01-01T00:00:00Z'
const codec = { parse: (bytes: Buffer) => parseJson(bytes).value, encode: encodeJson }

const definitions = '/registry/apiextensions.k8s.io/customresourcedefinitions/'

/** Upstream writes these as JSON whatever --storage-media-type says. */
const alwaysJson = new Set([definitions, '/registry/apiregistration.k8s.io/apiservices/'])

/**
 * Values as kube-apiserver has them: JSON or protobuf in its envelope, in the storage version, without a resourceVersion.
 * Both are read, also in older versions; the configured one is written, JSON always for custom resources.
 *
 * @param minCompatibility the oldest release that has to understand what is written. Default: the one before
 */
export function kubernetesValues(mediaType: string, minCompatibility?: Release): ValueForm {
  const kinds = storedKinds(minCompatibility)
  const binary = mediaType === protobufMediaType
  const writesBinary = (prefix: string): boolean =>
    binary && (kinds.has(prefix) || hiddenResources.has(prefix)) && !alwaysJson.has(prefix)
  return {
    write(prefix, _key, { json, object }) {
      if (prefix === definitions)
        return Buffer.concat([encodeJson(definitionToV1beta1((object ?? codec.parse(json)) as KubeObject)), newline])
      const kind = kinds.get(prefix)
      if (kind !== undefined && kind.writtenAs !== kind.version.version) {
        const older = writtenForm(kind, (object ?? codec.parse(json)) as KubeObject)
        return writesBinary(prefix) ? encodeProtobuf(older) : Buffer.concat([encodeJson(older), newline])
      }
      if (hiddenResources.has(prefix)) {
        const bare = withoutName((object ?? codec.parse(json)) as KubeObject)
        return binary ? encodeProtobuf(bare) : Buffer.concat([encodeJson(bare), newline])
      }
      if (!writesBinary(prefix)) return Buffer.concat([json, newline])
      return encodeProtobuf(object ?? codec.parse(json))
    },
    read(prefix, key, bytes) {
      const isBinary = bytes.length >= 4 && magic.compare(bytes, 0, 4) === 0
      const object = (isBinary ? decodeProtobuf(bytes) : codec.parse(bytes)) as KubeObject
      if (typeof object !== 'object' || object === null || typeof object.metadata !== 'object')
        throw new Error('the stored value is no object')
      const kind = kinds.get(prefix)
      const { apiVersion } = object
      const value = kind !== undefined ? readBuiltin(kind, object) : readOther(prefix, key, object)
      const stale = isBinary !== writesBinary(prefix) || (kind !== undefined && apiVersion !== writtenApiVersion(kind))
      return stale ? { ...value, stale } : value
    },
  }
}

const writtenApiVersion = ({ kind, version: { group }, writtenAs }: StoredKind): string =>
  kind === 'CustomResourceDefinition' ? v1beta1 : apiVersionOf({ group, version: writtenAs })

/** What is stored, in the version that others have to understand; in fields' order of that version. */
function writtenForm(kind: StoredKind, object: KubeObject): KubeObject {
  const apiVersion = writtenApiVersion(kind)
  const { shape } = kind.versionOf(apiVersion)!
  return normalizeStored(decodeObject(convertBuiltin(structuredClone(object), kind.kind, apiVersion), shape), shape)
}

function readBuiltin(kind: StoredKind, found: KubeObject): WriteValue {
  const { version, rules } = kind
  let object = found
  if (kind.kind === 'CustomResourceDefinition' && object.apiVersion === v1beta1) object = definitionFromV1beta1(object)
  const own = kind.versionOf(object.apiVersion ?? '')
  if (own === undefined || object.kind !== kind.kind)
    throw new Error(
      `no kind ${JSON.stringify(object.kind)} is registered for version ${JSON.stringify(object.apiVersion)}`,
    )
  // Servers always write one; what somebody put there by hand may have none, and a record needs a member behind its revision.
  object.metadata.creationTimestamp ??= noTime
  own.defaults(object)
  const current = own.toStorage(object)
  const stored = normalizeStored(decodeObject(current, version.shape), version.shape)
  return encodeForStore(stored, selectionIndex({ rules }, stored), codec)
}

function readOther(prefix: string, key: string, object: KubeObject): WriteValue {
  if (!hiddenResources.has(prefix)) {
    if (object.metadata.uid === undefined) throw new Error('the stored object has no uid')
    delete object.metadata.resourceVersion
    return encodeCustomRecord(sortKeys(object))
  }
  // A record needs a member before and one behind its revision.
  const { metadata } = withoutName(object)
  const name = key.slice(key.lastIndexOf('/') + 1)
  const known = { name, ...metadata, creationTimestamp: noTime }
  return encodeForStore({ ...object, metadata: known }, Buffer.alloc(0), codec)
}

/** Upstream leaves name and time of what is hidden empty. */
function withoutName(object: KubeObject): KubeObject {
  const { name: _name, creationTimestamp: _time, ...metadata } = object.metadata
  return { ...object, metadata: metadata as KubeObject['metadata'] }
}
