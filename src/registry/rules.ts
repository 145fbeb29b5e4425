import type { FieldErrors, KubeObject } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { UpdateStrategy } from './update.js'

/** What rules may know besides the object. */
export interface RuleContext {
  readonly user: UserInfo | undefined
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string
  readonly subresource: string
  readonly dryRun: boolean
  /** Wall clock in milliseconds. */
  now(): number
  /** On unless switched off by `--feature-gates` or off by default in 1.36. Throws for a gate nobody knows. */
  enabled(gate: string): boolean
  /** --allow-privileged: whether containers may be privileged. Default: true. */
  readonly allowPrivileged?: boolean | undefined
  /** --min-compatibility-version: the minor release that has to understand new expressions. Default: the one before this. */
  readonly compatibleMinor?: number | undefined
  /** Sends a Warning header, also if the request is refused after all. */
  readonly warn?: (text: string) => void
  /** The labels of the request's namespace as it is now; undefined where there is no such. */
  readonly namespaceLabels?: () => Readonly<Record<string, string>> | undefined
}

export interface DeleteContext extends RuleContext {
  readonly gracePeriodSeconds: number | undefined
}

/**
 * What one kind does that data cannot say. All members are optional; an empty object is a kind with nothing of its own.
 * Objects are in the storage version. Errors are collected in upstream's order, all of them, never thrown.
 *
 * - Create: `prepareForCreate`; object metadata with `name`; `validate`; `warnings`.
 * - Update: `prepareForUpdate`; metadata and its immutable fields (the registry's own); `validateUpdate`, or, where there is
 *   none, object metadata with `name` and `validate`; `warnings`.
 * - Status: `prepareForStatusUpdate`; metadata as above; `validateStatusUpdate`.
 *
 * The registry sees to identity, generation, deletion timestamps and the separation of spec and status.
 */
export interface ResourceRules {
  /**
   * Defaults by served version (`v1`), in place, after the `+default` values of the facts have been filled in. They see what
   * the client sent with absent fields absent.
   */
  readonly defaults?: Readonly<Record<string, (object: KubeObject, enabled?: (gate: string) => boolean) => void>>

  /** PUT to a name that does not exist creates it. Default: false. */
  readonly allowCreateOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites. Default: true. */
  readonly allowUnconditionalUpdate?: boolean
  /** DELETE answers with the object instead of a Status. Default: false. */
  readonly returnDeletedObject?: boolean
  /**
   * `metadata.generation`: 1 on create, +1 whenever the spec changes. `to the last nil`: an empty list or map that is sent
   * where none is stored is a change, too (upstream's reflect.DeepEqual). Default: false (a value the client sends is kept).
   */
  readonly generation?: boolean | 'to the last nil'
  /**
   * The first update of a new object is written even if it changes nothing: upstream stores it without some of the defaults
   * that everybody reads. A function tells it of an object as it is stored. Default: false.
   */
  readonly unsettledWhenCreated?: boolean | ((object: KubeObject) => boolean)
  /** What a client sends as status of a new object is dropped where there is a status subresource. Default: false (dropped). */
  readonly keepStatusOnCreate?: boolean
  /** What a client sends as status with the rest of an object is taken where there is a status subresource. Default: false. */
  readonly keepStatusOnUpdate?: boolean
  /** What is otherwise as long as a feature gate is off. */
  readonly without?: { readonly gate: string; readonly rules: Omit<ResourceRules, 'without'> }
  /** What becomes of dependents if the client does not say. `unsupported`: propagation policies are ignored (events). Default: delete. */
  readonly garbageCollection?: 'delete' | 'orphan' | 'unsupported'
  /** How the name is checked. Default: `dns1123Subdomain`. */
  readonly name?: NameRule

  /**
   * Loads what judging an object needs and is not there from the start; called before anything else here. `old` is undefined
   * on create.
   * @returns undefined: it is there
   */
  ready?(
    object: KubeObject,
    old: KubeObject | undefined,
    context: Pick<RuleContext, 'compatibleMinor'>,
  ): Promise<void> | undefined
  prepareForCreate?(object: KubeObject, context: RuleContext): void
  validate?(object: KubeObject, errors: FieldErrors, context: RuleContext): void
  /** Where there is a status subresource, the old status has already been put back. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RuleContext): void
  /** A create does not look at object metadata before `validate`, which does so itself, where upstream does not begin with it. */
  readonly ownMetadata?: boolean
  /** Nothing is appended to a generateName: it is the name. */
  readonly bareGenerateName?: boolean
  /** The whole of upstream's update validation, `ValidateObjectMetaUpdate` aside; calls `validate`'s parts itself where upstream does. */
  validateUpdate?(object: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void
  /** By default everything but status and metadata is taken from the old object. */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject, context: RuleContext): void
  validateStatusUpdate?(object: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void
  /**
   * What comes after any of these three and may take longer than the event loop can be held: rules that users wrote. `old` is
   * undefined on create.
   * @returns undefined: done
   */
  judge?(
    object: KubeObject,
    old: KubeObject | undefined,
    errors: FieldErrors,
    context: RuleContext,
  ): Promise<void> | undefined
  /** Subresources that are views of the whole object, each with a strategy of its own: `resize`, `finalize`, `approval`. */
  readonly subresources?: Readonly<Record<string, UpdateStrategy>>
  /** Texts for Warning headers. `old` is undefined on create. */
  warnings?(object: KubeObject, old: KubeObject | undefined, context: RuleContext): readonly string[]

  /** Texts for Warning headers of a DELETE, from its options. */
  deleteWarnings?(options: {
    readonly propagationPolicy?: string
    readonly orphanDependents?: boolean
  }): readonly string[]

  /**
   * Throws ApiError for a name that nobody may delete, before anything else is looked at. Deleting a collection does not ask.
   * Upstream: the storage's own Delete.
   */
  checkDeletion?(name: string): void

  /** Where true, an update that leaves this object is turned into its deletion (a namespace whose finalizers are gone). */
  shouldDeleteDuringUpdate?(object: KubeObject, old: KubeObject): boolean

  /**
   * Takes the deletion of an object that is not being deleted yet into its own hands: marks it (in place) and answers that it
   * has to wait, also when it is asked again. False: the usual course. Namespaces, which go when their content is gone.
   */
  holdDeletion?(object: KubeObject, context: RuleContext, orphanDependents?: boolean): boolean
  /** The deletion that `holdDeletion` takes ignores the propagation policy. Default: false. */
  readonly holdsAnyPolicy?: boolean

  /**
   * The grace period of a delete in seconds, after looking at the object and at what was asked for; undefined: the object
   * cannot be deleted gracefully now and goes at once. Upstream: CheckGracefulDelete. Only pods have one.
   */
  gracePeriod?(object: KubeObject, context: DeleteContext): number | undefined

  /** Field selectors beyond metadata.name and metadata.namespace: label → value of the object in the storage version. */
  readonly fields?: Readonly<Record<string, (object: KubeObject) => string>>
  /**
   * Labels clients select by → members of `fields`, where they differ: the same events are `involvedObject.kind` in one group
   * and `regarding.kind` in another. Where there are any, no other labels are known. Upstream: AddFieldLabelConversionFunc.
   */
  readonly fieldLabels?: Readonly<Record<string, string>>
  /** The text for a field nobody may select by, in that apiVersion. Default: upstream's for kinds with, or without, selectors of their own. */
  readonly refuseField?: (field: string, apiVersion: string) => string
  /** `metadata.namespace` is refused in field selectors, though the kind is namespaced. Default: false. */
  readonly refusesNamespaceField?: boolean

  /** Where the scale subresource finds its parts. */
  readonly scale?: ScalePaths
  /** Seconds after which an object goes by itself; undefined: never. Events. */
  readonly ttlSeconds?: (object: KubeObject) => number | undefined
  /** Paths (`spec`, `status`, `metadata`) that server-side apply does not own on the main resource and on subresources, beyond the usual. */
  readonly resetFields?: Readonly<Record<string, readonly string[]>>
  /** The apiVersions whose owners that holds for, by subresource. Default: all of the resource's. */
  readonly resetVersions?: Readonly<Record<string, readonly string[]>>
}

export type NameRule =
  | 'dns1123Subdomain'
  | 'dns1123Label'
  | 'dns1035Label'
  | 'pathSegment'
  | ((name: string, prefix: boolean) => readonly string[])

export interface ScalePaths {
  /** The label selector as the scale's status tells it, in string form. */
  selector(object: KubeObject): string
  /** Where a custom resource keeps its replicas. Default: spec.replicas and status.replicas. */
  readonly custom?: CustomScale
}

/** The replicas of a custom resource. Reading them throws ApiError where something else lies there. */
export interface CustomScale {
  /** `spec`, `replicas`. */
  readonly path: readonly string[]
  /** The same in each version of the kind, by apiVersion; null: the version has no scale. */
  readonly paths: Readonly<Record<string, readonly string[] | null>>
  replicas(object: KubeObject): number | undefined
  statusReplicas(object: KubeObject): number
}
