import {
  apiVersionOf,
  copyJson,
  DecodeError,
  decodeMerged,
  type FieldErrors,
  type KubeObject,
  rfc3339,
} from '../api/index.js'
import {
  validateManager as checkManager,
  defaultManagerName,
  emptyObject,
  excludeFields,
  FieldManager,
  mergeSchemaOf,
} from '../apply/index.js'
import type { RequestContext } from '../http/index.js'
import type { Resource, ResourceVersion } from '../registry/index.js'

/** The field manager of a resource in one version, for the resource itself (`''`) or one of its subresources. */
export function fieldManagerOf(
  resource: Resource,
  version: ResourceVersion,
  subresource: string,
  now: () => number,
): FieldManager {
  const { form } = version
  if (form !== undefined)
    return new FieldManager({
      apiVersion: version.apiVersion,
      kind: version.kind,
      subresource,
      schemaFor: (apiVersion) => form.mergeSchema(apiVersion),
      convert: (object, apiVersion) => form.convertAsync(object, apiVersion),
      waits: form.waits ?? false,
      decode: (object) => form.merged(object),
      defaults: (object) => version.defaults(object),
      resetFields: resetFieldsOf(resource, subresource),
      now: () => rfc3339(now()),
    })
  const versions = resource.storage === undefined ? resource.versions : [...resource.versions, resource.storage.version]
  const named = (apiVersion: string) => versions.find((candidate) => candidate.apiVersion === apiVersion)
  return new FieldManager({
    apiVersion: version.apiVersion,
    kind: version.kind,
    subresource,
    schemaFor: (apiVersion) => {
      // Upstream's core group and the others are installed apart, neither knows the types of the other: what is owned of an
      // Event in one is lost on a write in the other.
      const found = isCore(apiVersion) === isCore(version.apiVersion) ? named(apiVersion) : undefined
      return found === undefined ? undefined : mergeSchemaOf(found.shape)
    },
    // Decoding has seen to the types of what is stored and sent.
    trusted: true,
    convert(object, apiVersion) {
      const source = named(object.apiVersion ?? version.apiVersion)
      const target = named(apiVersion)
      if (source === undefined || target === undefined) throw new Error(`${apiVersion} is not served`)
      if (source === target) return object
      const copy = copyJson(object)
      copy.metadata ??= {} // gone from what a manager has not applied any more, if nobody else owns anything in it
      const converted = target.fromStorage(source.toStorage(copy))
      // Back in the request's version it has to compare with what is stored, the nulls of empty lists and all.
      return target === version ? decodeMergedObject(converted, version) : converted
    },
    decode: (object) => decodeMergedObject(object, version),
    ...(resource.storage === undefined || resource.storage.version.apiVersion === version.apiVersion
      ? {}
      : { reread: (object: KubeObject) => version.fromStorage(version.toStorage(copyJson(object))) }),
    defaults: (object) => version.defaults(object),
    empty: () => emptyObject(version.shape, version.apiVersion, version.kind),
    resetFields: resetFieldsOf(resource, subresource),
    now: () => rfc3339(now()),
  })
}

const isCore = (apiVersion: string): boolean => !apiVersion.includes('/')

/** What has been merged, read as what it is to be. Throws DecodeError in upstream's words. */
export function decodeMergedObject(
  object: KubeObject,
  { group, version, kind, shape }: Pick<ResourceVersion, 'group' | 'version' | 'kind' | 'shape'>,
): KubeObject {
  try {
    return decodeMerged(object, shape)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new DecodeError(
      `unable to convert unstructured object to ${group}/${version}, Kind=${kind}: ${error.message}`,
    )
  }
}

/** The status is the status subresource's alone, everything else is not its business. */
function resetFieldsOf(resource: Resource, subresource: string) {
  const hasStatus = resource.subresources.some(({ name }) => name === 'status')
  const own = resource.rules.resetFields?.[subresource]
  const paths =
    own !== undefined ? own : subresource === 'status' ? ['spec'] : hasStatus && subresource === '' ? ['status'] : []
  if (paths.length === 0) return {}
  const filter = excludeFields(...paths.map((path) => path.split('.')))
  const versions = resource.storage === undefined ? resource.versions : [...resource.versions, resource.storage.version]
  const names = resource.rules.resetVersions?.[subresource] ?? versions.map(apiVersionOf)
  return Object.fromEntries(names.map((apiVersion) => [apiVersion, filter]))
}

/** Who writes: the fieldManager parameter, or the first word of the User-Agent. */
export const managerOf = (fieldManager: string, context: RequestContext): string =>
  fieldManager !== '' ? fieldManager : defaultManagerName(context.exchange.headers['user-agent'] ?? '')

export const validateManager = (manager: string, errors: FieldErrors): void => checkManager(manager, errors)
