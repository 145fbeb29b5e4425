import type { DecodeOptions, GroupVersion, KubeObject, StructShape } from '../api/index.js'
import type { MergeSchema } from '../apply/index.js'
import type { RequestContext } from '../http/index.js'
import type { Revision, StoredRecord, WriteValue } from '../store/index.js'
import type { JsonSchema } from './apiextensions/index.js'
import type { WriteRequest } from './environment.js'
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
  /** What discovery tells of, where that is not all. */
  readonly shownVerbs?: ReadonlySet<Verb> | undefined
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
  /** The version in which others find objects in an etcd that is shared. Default: that of `version`. */
  readonly writtenAs?: string
  /** How records are read and written where that takes more than parsing. Default: a record is the object in `version`. */
  readonly form?: StoredForm
}

/**
 * Between records and the objects that a registry works on, where these are not the stored ones: each version of a custom
 * resource has a registry of its own, which sees objects in that version, pruned and defaulted by today's schema.
 */
export interface StoredForm {
  /** Since which revision objects are read this way: watches from before it have to start anew. */
  readonly since?: Revision
  /** The bytes of a record are just what `read` would give. */
  isCurrent(record: StoredRecord): boolean
  /** @param parsed the record's JSON, which may be changed. Throws ApiError if it cannot be converted. */
  read(parsed: KubeObject, record: StoredRecord): KubeObject
  /** Has to be awaited before records that it answers for are read: converting them takes somebody else. */
  readonly ready?: (records: readonly StoredRecord[]) => Promise<void> | undefined
  /** Whether `fields` tells of any. Default: false. */
  readonly hasFields?: boolean
  /** Selectable fields of a record, whose index has none of them: they are each version's own. */
  fields?(record: StoredRecord): Readonly<Record<string, string>>
  /** The object as the registry answers it, and what is stored of it. Does not change `object`. */
  write(object: KubeObject): Written | Promise<Written>
  /** As JSON, keys in their order. */
  encode(object: KubeObject): Buffer
}

export interface Written {
  readonly stored: KubeObject
  readonly value: WriteValue
}

/** One version of a resource: how its objects are read, defaulted and turned into the storage version and back. */
export interface ResourceVersion {
  readonly group: string
  readonly version: string
  /** `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  readonly listKind: string
  /** The compiled facts. Where there is a `form`: only what every object has, its type and metadata. */
  readonly shape: StructShape
  /** What takes the place of facts where a kind is described by a schema of its own. */
  readonly form?: SchemaForm
  /** Fills defaults in place. Runs after decoding and before conversion. @throws DecodeError what cannot be converted */
  defaults(object: KubeObject): void
  /** From this version to the storage version; may change the object it is given. Identity where they are the same. */
  toStorage(object: KubeObject): KubeObject
  fromStorage(object: KubeObject): KubeObject
  /** Text of the `Warning` header of every request to this version; absent: not deprecated. */
  readonly deprecation?: string | undefined
}

/** A kind's schema at work, where that is not facts: a version of a custom resource. */
export interface SchemaForm {
  /** As it is published; undefined: nothing is known. */
  readonly schema: JsonSchema | undefined
  /** Paths of the fields by which lists can be asked for, without the first dot; undefined: none. */
  readonly selectableFields?: readonly string[] | undefined
  /** Like `decodeObject`: throws DecodeError, reports unknown and duplicate fields. */
  decode(raw: unknown, options?: DecodeOptions): KubeObject
  /**
   * A copy of what an apply has merged, or a webhook's patch has made: nulls and all that decoding would drop stays, to be
   * validated. Throws DecodeError.
   */
  merged(object: KubeObject, options?: Pick<DecodeOptions, 'exactNumbers'>): KubeObject
  /** The merge schema of a version of the kind. Throws if it has none of that name. */
  mergeSchema(apiVersion: string): MergeSchema
  /** Whether somebody is asked for the other versions of an object. Default: false. */
  readonly waits?: boolean
  /** The object in another version, whomever that takes to ask. Does not change it. Throws ApiError. */
  convertAsync(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject>
}

export interface Subresource {
  /** `status`, `scale`, `eviction` ... */
  readonly name: string
  /** What goes in and out, as discovery tells it. `group` and `version` are empty where they are the parent's. */
  readonly responseKind: GroupVersionKind
  readonly verbs: ReadonlySet<Verb>
  /** How it is shown as a Table where it is another kind than its parent. Default: name and age. */
  readonly columns?: TableColumns
  /** Connections and streams, which no verb of objects fits: logs, exec, proxies. */
  readonly serve?: SubresourceHandler
  /** Takes in objects of another kind than its parent, of which nothing is stored: bindings, evictions, token requests. */
  readonly virtual?: VirtualResource
}

/** Answers a subresource that is no object: logs, exec, proxies. Throws ApiError to refuse. */
export type SubresourceHandler = (
  context: RequestContext,
  parent: Resource,
  version: ResourceVersion,
) => Promise<void> | void

/** A resource, or a subresource, that nothing is stored of. */
export interface VirtualResource {
  /** Of what goes in and out, where it is not the resource's own: evictions of pods. */
  readonly version?: ResourceVersion
  /** Versions that a body may be in. Default: that of `version` alone. */
  accepts?(version: GroupVersion): boolean
  /** The uid and other system fields that a client sends are left for `create` to see. Default: false. */
  readonly keepsSystemFields?: boolean
  /**
   * @param object decoded, defaulted, with its managedFields, admitted by mutating admission; may be changed
   * @param request its `admit` is validating admission, to be called as soon as the object has been validated
   * @returns what is answered, 201; a Status is completed with that code
   */
  create?(context: RequestContext, object: KubeObject, request: WriteRequest): Promise<KubeObject> | KubeObject
  get?(context: RequestContext, name: string): Promise<KubeObject> | KubeObject
  list?(context: RequestContext): Promise<readonly KubeObject[]> | readonly KubeObject[]
}

/** Resources of one group, installed together. Upstream: APIGroupInfo. */
export interface APIGroupInfo {
  readonly group: string
  /** Served versions in order of preference; the first is the preferred one. */
  readonly versions: readonly string[]
  readonly resources: readonly Resource[]
}
