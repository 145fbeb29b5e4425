import {
  badRequest,
  conflict,
  copyJson,
  decodeObject,
  FieldErrors,
  internalError,
  invalid,
  type KubeObject,
  type ManagedFieldsEntry,
  rfc3339,
  setOwn,
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
import { decodeMergedObject } from './field-manager.js'
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
  const custom = resource.rules.scale?.custom
  const paths: ReplicasPaths =
    custom?.paths ?? Object.fromEntries(resource.versions.map((v) => [v.apiVersion, ['spec', 'replicas']]))
  let manager: FieldManager | undefined
  return {
    resource,
    version: scaleVersion,
    registry,
    subresource,
    environment,
    asStored: false,
    get fieldManager() {
      manager ??= scaleFieldManager(environment.now, custom !== undefined)
      return manager
    },
    show(stored) {
      if (custom !== undefined && custom.replicas(stored) === undefined)
        throw internalError(`the spec replicas field ".${custom.path.join('.')}" does not exist`)
      return scaleOf(resource, stored, undefined)
    },
    live: (stored) => scaleOf(resource, stored, managedFieldsToScale(stored.metadata.managedFields, paths)),
    judged(stored) {
      const scale = scaleOf(resource, stored, undefined)
      return scale.spec?.replicas === unset ? { ...scale, spec: {} } : scale
    },
    keep: (shown, existing) => scaled(resource, version, shown, existing, paths),
  }
}

function scaleOf({ rules }: Resource, parent: KubeObject, entries: ManagedFieldsEntry[] | undefined): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata
  const custom = rules.scale?.custom
  const replicas = custom === undefined ? parent.spec?.replicas : (custom.replicas(parent) ?? unset)
  const statusReplicas = custom === undefined ? parent.status?.replicas : custom.statusReplicas(parent)
  const selector = rules.scale?.selector(parent) ?? ''
  return decodeObject(
    {
      kind: 'Scale',
      apiVersion,
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp, managedFields: entries },
      spec: replicas === undefined ? {} : { replicas },
      status: { replicas: statusReplicas ?? 0, ...(selector === '' ? {} : { selector }) },
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
  const custom = resource.rules.scale?.custom
  if (custom !== undefined && replicas === unset)
    throw badRequest(`the spec replicas field ".${custom.path.join('.')}" cannot be empty`)
  const errors = new FieldErrors()
  // The rules of a custom resource judge its replicas themselves.
  if (replicas < 0 && custom === undefined)
    errors.invalid('spec.replicas', replicas, 'must be greater than or equal to 0')
  if (!errors.empty) throw invalid({ group: 'autoscaling', kind: 'Scale' }, scale.metadata.name ?? '', errors)
  // A PUT has it as a precondition anyway; a patch of a custom resource may say what it likes.
  if (custom === undefined && scale.metadata.uid && scale.metadata.uid !== existing.metadata.uid)
    throw conflict(
      { group: resource.group, resource: `${resource.resource}/scale` },
      existing.metadata.name ?? '',
      `Precondition failed: UID in precondition: ${scale.metadata.uid}, UID in object meta: ${existing.metadata.uid}`,
    )
  const object = copyJson(existing)
  setReplicas(object, custom?.path ?? ['spec', 'replicas'], replicas)
  const { resourceVersion, managedFields } = scale.metadata
  // A custom resource keeps the one that was read: it cannot be updated without.
  if (resourceVersion === undefined && custom === undefined) delete object.metadata.resourceVersion
  else if (resourceVersion !== undefined) object.metadata.resourceVersion = resourceVersion
  const entries = managedFieldsFromScale(existing.metadata.managedFields, managedFields, version.apiVersion, paths)
  if (entries === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = entries
  return object
}

/** What a custom resource without replicas has: no client may leave it like that. */
const unset = -(2 ** 31)

function setReplicas(object: KubeObject, path: readonly string[], replicas: number): void {
  let parent: Record<string, unknown> = object
  for (const name of path.slice(0, -1)) {
    const inner = Object.hasOwn(parent, name) ? parent[name] : undefined
    const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
    setOwn(parent, name, next)
    parent = next
  }
  setOwn(parent, path.at(-1)!, replicas)
}

/**
 * Upstream cannot convert scales of custom resources once they are maps, which an apply and a first owner need: where nobody
 * owns the replicas yet, nobody owns what an update sets, and an apply that changes something fails.
 */
class CustomScaleFieldManager extends FieldManager {
  override update(live: KubeObject | undefined, next: KubeObject, manager: string): KubeObject {
    if (live?.metadata.managedFields?.length) return super.update(live, next, manager)
    const { managedFields: _, ...metadata } = next.metadata
    return { ...next, metadata }
  }
}

const cannotConvert = 'request to convert CR to an invalid group/version: autoscaling/v1'

const scaleFieldManager = (now: () => number, custom: boolean): FieldManager =>
  new (custom ? CustomScaleFieldManager : FieldManager)({
    apiVersion,
    kind: 'Scale',
    subresource: 'scale',
    schemaFor: (candidate) => (candidate === apiVersion ? mergeSchemaOf(scaleVersion.shape) : undefined),
    convert: (object) => object,
    decode(object) {
      if (custom) throw new Error(cannotConvert)
      return decodeMergedObject(object, scaleVersion)
    },
    empty() {
      if (!custom) return emptyObject(scaleVersion.shape, apiVersion, 'Scale')
      const empty = '(/; autoscaling/v1, Kind=Scale)'
      throw new Error(
        `failed to create manager for existing fields: failed to convert live object ${empty} to proper version: ${cannotConvert}`,
      )
    },
    now: () => rfc3339(now()),
  })
