import type { KubeObject, StructShape } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import type { TableColumns } from './printers/index.js'
import type { ResourceRules } from './rules.js'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/**
 * A resource as a value: all that routes, discovery, OpenAPI, authorization and tables know about it. Built-in kinds,
 * custom ones and a library user's own are this same value; nothing downstream asks which it is. What is missing cannot
 * be done: no `watch` in `verbs`, no watch route.
 */
export interface Resource {
  readonly group: string
  /** Plural, lower case: `deployments`. */
  readonly resource: string
  readonly singular: string
  readonly kind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  /** Items of a list repeat kind and apiVersion, as those of custom resources do. Default: false. */
  readonly itemsKeepTypeMeta?: boolean
  readonly verbs: ReadonlySet<Verb>
  /** The versions it is served in, in order of preference. */
  readonly versions: readonly ResourceVersion[]
  readonly subresources: readonly Subresource[]
  readonly rules: ResourceRules
  /** How it is shown as a Table. Default: name and age. */
  readonly columns?: TableColumns
  /** Where its objects lie. Absent: nothing is stored and `virtual` answers (reviews, bindings, componentstatuses). */
  readonly storage?: ResourceStorage
  readonly virtual?: VirtualResource
}

export interface ResourceStorage {
  /** `/registry/pods/`; keys are prefix + namespace + "/" + name, or prefix + name. kube-apiserver's own layout. */
  readonly prefix: string
  /** The form in which objects lie in the store and on which rules work. Not necessarily a served one. */
  readonly version: ResourceVersion
}

/** One version of a resource: how its objects are read, defaulted and turned into the storage version and back. */
export interface ResourceVersion {
  readonly group: string
  readonly version: string
  /** `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  readonly listKind: string
  /** The compiled facts or CRD schema. */
  readonly shape: StructShape
  /** Fills defaults in place. Runs after decoding and before conversion. */
  defaults(object: KubeObject): void
  /** From this version to the storage version; may change the object it is given. Identity where they are the same. */
  toStorage(object: KubeObject): KubeObject
  fromStorage(object: KubeObject): KubeObject
  /** Text of the `Warning` header of every request to this version; absent: not deprecated. */
  readonly deprecation?: string | undefined
}

export interface Subresource {
  /** `status`, `scale`, `eviction` ... */
  readonly name: string
  /** What goes in and out, as discovery tells it. `group` and `version` are empty where they are the parent's. */
  readonly responseKind: GroupVersionKind
  readonly verbs: ReadonlySet<Verb>
  /** How it is shown as a Table where it is another kind than its parent. Default: name and age. */
  readonly columns?: TableColumns
  /** `status` and `scale` are served by the generic registry; everything else brings its handler. */
  readonly serve?: SubresourceHandler
}

/** Answers a subresource that is not an object of its own: logs, exec, eviction, tokens. Throws ApiError to refuse. */
export type SubresourceHandler = (
  context: RequestContext,
  parent: Resource,
  version: ResourceVersion,
) => Promise<void> | void

/** A resource that nothing is stored of. */
export interface VirtualResource {
  create?(context: RequestContext, object: KubeObject, version: ResourceVersion): Promise<KubeObject> | KubeObject
  get?(context: RequestContext, name: string): KubeObject
  list?(context: RequestContext): readonly KubeObject[]
}

/** Resources of one group, installed together. Upstream: APIGroupInfo. */
export interface APIGroupInfo {
  readonly group: string
  /** Served versions in order of preference; the first is the preferred one. */
  readonly versions: readonly string[]
  readonly resources: readonly Resource[]
}
