import { type Codec, field, message, text, Writer, wrapped } from '../openapi/wire.js'
import type { DiscoveryDocument } from './documents.js'

// Field numbers: apimachinery pkg/apis/meta/v1/generated.proto and api apidiscovery/v2/generated.proto.

const groupVersion = message(() => [
  ['groupVersion', 1, text],
  ['version', 2, text],
])
const address = message(() => [
  ['clientCIDR', 1, text],
  ['serverAddress', 2, text],
])
const group = message(() => [
  ['name', 1, text],
  ['versions', 2, groupVersion, 'repeated'],
  ['preferredVersion', 3, groupVersion],
  ['serverAddressByClientCIDRs', 4, address, 'repeated'],
])
/** Verbs and categories are lists in messages of their own. */
const strings: Codec = wrapped(1, text, 'repeated')
const resource = message(() => [
  ['name', 1, text],
  ['namespaced', 2, 'boolean'],
  ['kind', 3, text],
  ['verbs', 4, strings],
  ['shortNames', 5, text, 'repeated'],
  ['singularName', 6, text],
  ['categories', 7, text, 'repeated'],
  ['group', 8, text],
  ['version', 9, text],
  ['storageVersionHash', 10, text],
])
const kind = message(() => [
  ['group', 1, text],
  ['version', 2, text],
  ['kind', 3, text],
])
const subresourceDiscovery = message(() => [
  ['subresource', 1, text],
  ['responseKind', 2, kind],
  ['verbs', 4, text, 'repeated'],
])
const resourceDiscovery = message(() => [
  ['resource', 1, text],
  ['responseKind', 2, kind],
  ['scope', 3, text],
  ['singularResource', 4, text],
  ['verbs', 5, text, 'repeated'],
  ['shortNames', 6, text, 'repeated'],
  ['categories', 7, text, 'repeated'],
  ['subresources', 8, subresourceDiscovery, 'repeated'],
])
const versionDiscovery = message(() => [
  ['version', 1, text],
  ['resources', 2, resourceDiscovery, 'repeated'],
  ['freshness', 3, text],
])
const objectName = message(() => [['name', 1, text]])
const groupDiscovery = message(() => [
  ['metadata', 1, objectName],
  ['versions', 2, versionDiscovery, 'repeated'],
])

const codecs: Readonly<Record<DiscoveryDocument['type'], Codec>> = {
  'meta.v1.APIVersions': message(() => [
    ['versions', 1, text, 'repeated'],
    ['serverAddressByClientCIDRs', 2, address, 'repeated'],
  ]),
  'meta.v1.APIGroup': group,
  'meta.v1.APIGroupList': message(() => [['groups', 1, group, 'repeated']]),
  'meta.v1.APIResourceList': message(() => [
    ['groupVersion', 1, text],
    ['resources', 2, resource, 'repeated'],
  ]),
  'apidiscovery.v2.APIGroupDiscoveryList': message(() => [
    ['metadata', 1, objectName],
    ['items', 2, groupDiscovery, 'repeated'],
  ]),
}

const magic = Buffer.from('k8s\0', 'latin1')
const typeMeta = message(() => [
  ['apiVersion', 1, text],
  ['kind', 2, text],
])

/** The document in the envelope of the Kubernetes protobuf encoding. */
export function documentBinary({ type, value }: DiscoveryDocument): Buffer {
  const out = new Writer()
  field(4, '', text, out)
  field(3, '', text, out)
  field(2, value, codecs[type], out)
  field(1, value, typeMeta, out)
  return Buffer.concat([magic, out.take()])
}
