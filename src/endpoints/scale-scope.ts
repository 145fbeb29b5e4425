import {
  conflict,
  copyJson,
  decodeObject,
  FieldErrors,
  invalid,
  type KubeObject,
  type ManagedFieldsEntry,
  rfc3339,
  structShape,
} from '../api/index.js'
import {
  emptyObject,
  FieldManager,
  managedFieldsFromScale,
  managedFieldsToScale,
  mergeSchemaOf,
  type ReplicasPaths,
} from '../apply/index.js'
import type { GenericRegistry, Resource, ResourceVersion, Subresource } from '../registry/index.js'
import type { EndpointEnvironment, RequestScope } from './scope.js'

const apiVersion = 'autoscaling/v1'

/** Scale as a version of objects: nothing is stored in it, it is a view of another object. */
const scaleVersion: ResourceVersion = {
  group: 'autoscaling',
  version: 'v1',
  apiVersion,
  kind: 'Scale',
  listKind: 'ScaleList',
  get shape() {
    return structShape('autoscaling.v1.Scale')
  },
  defaults() {},
  toStorage: (object) => object,
  fromStorage: (object) => object,
}

/**
 * The scope of a scale subresource: a Scale goes in and out, and what is stored is the object it is a view of.
 * Source: kubernetes pkg/registry/apps/deployment/storage and its like, apimachinery pkg/util/managedfields/scalehandler.go.
 */
export function scaleScope(
  resource: Resource,
  registry: GenericRegistry | undefined,
  version: ResourceVersion,
  subresource: Subresource,
  environment: EndpointEnvironment,
): RequestScope {
  const paths: ReplicasPaths = Object.fromEntries(resource.versions.map((v) => [v.apiVersion, ['spec', 'replicas']]))
  let manager: FieldManager | undefined
  return {
    resource,
    version: scaleVersion,
    registry,
    subresource,
    environment,
    asStored: false,
    get fieldManager() {
      manager ??= scaleFieldManager(environment.now)
      return manager
    },
    show: (stored) => scaleOf(resource, stored, undefined),
    live: (stored) => scaleOf(resource, stored, managedFieldsToScale(stored.metadata.managedFields, paths)),
    keep: (shown, existing) => scaled(resource, version, shown, existing, paths),
  }
}

function scaleOf({ rules }: Resource, parent: KubeObject, entries: ManagedFieldsEntry[] | undefined): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata
  const replicas = parent.spec?.replicas
  const selector = rules.scale?.selector(parent) ?? ''
  return decodeObject(
    {
      kind: 'Scale',
      apiVersion,
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp, managedFields: entries },
      spec: replicas === undefined ? {} : { replicas },
      status: { replicas: parent.status?.replicas ?? 0, ...(selector === '' ? {} : { selector }) },
    },
    scaleVersion.shape,
  )
}

function scaled(
  resource: Resource,
  version: ResourceVersion,
  scale: KubeObject,
  existing: KubeObject | undefined,
  paths: ReplicasPaths,
): KubeObject {
  if (existing === undefined) return scale
  const replicas = scale.spec?.replicas ?? 0
  const errors = new FieldErrors()
  if (replicas < 0) errors.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
  if (!errors.empty) throw invalid({ group: 'autoscaling', kind: 'Scale' }, scale.metadata.name ?? '', errors)
  if (scale.metadata.uid && scale.metadata.uid !== existing.metadata.uid)
    throw conflict(
      { group: resource.group, resource: resource.resource },
      existing.metadata.name ?? '',
      `Precondition failed: UID in precondition: ${scale.metadata.uid}, UID in object meta: ${existing.metadata.uid}`,
    )
  const object = copyJson(existing)
  object.spec = { ...object.spec, replicas }
  const { resourceVersion, managedFields } = scale.metadata
  if (resourceVersion === undefined) delete object.metadata.resourceVersion
  else object.metadata.resourceVersion = resourceVersion
  const entries = managedFieldsFromScale(existing.metadata.managedFields, managedFields, version.apiVersion, paths)
  if (entries === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = entries
  return object
}

const scaleFieldManager = (now: () => number): FieldManager =>
  new FieldManager({
    apiVersion,
    kind: 'Scale',
    subresource: 'scale',
    schemaFor: (candidate) => (candidate === apiVersion ? mergeSchemaOf(scaleVersion.shape) : undefined),
    convert: (object) => object,
    decode: (object) => decodeObject(object, scaleVersion.shape),
    empty: () => emptyObject(scaleVersion.shape, apiVersion, 'Scale'),
    now: () => rfc3339(now()),
  })
