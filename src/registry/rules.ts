import type { FieldErrors, KubeObject } from '../api/index.js'
import type { UserInfo } from '../http/index.js'

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
}

export interface DeleteContext extends RuleContext {
  readonly gracePeriodSeconds: number | undefined
}

/**
 * What one kind does that data cannot say. All members are optional; an empty object is a kind with nothing of its own.
 * Objects are in the storage version. The generic registry calls, for a create: `prepareForCreate` → `validate` →
 * `warnings`; for an update: `prepareForUpdate` → `validate` → `validateUpdate` → `warnings`; for the status subresource:
 * `prepareForStatusUpdate` → `validateStatusUpdate`. Object metadata, immutability of name, uid and creationTimestamp are the
 * registry's. Errors are collected in upstream's order, all of them, never thrown.
 */
export interface ResourceRules {
  /**
   * Defaults by served version (`v1`), in place, after the `+default` values of the facts have been filled in. They see what
   * the client sent with absent fields absent.
   */
  readonly defaults?: Readonly<Record<string, (object: KubeObject) => void>>

  /** PUT to a name that does not exist creates it. Default: false. */
  readonly allowCreateOnUpdate?: boolean
  /** PUT without a resourceVersion overwrites. Default: true. */
  readonly allowUnconditionalUpdate?: boolean
  /** DELETE answers with the object instead of a Status. Default: false. */
  readonly returnDeletedObject?: boolean
  /** `metadata.generation`: 1 on create, +1 whenever the spec changes. Default: false (a value the client sends is kept). */
  readonly generation?: boolean
  /** How the name is checked. Default: `dns1123Subdomain`. */
  readonly name?: NameRule

  prepareForCreate?(object: KubeObject, context: RuleContext): void
  validate?(object: KubeObject, errors: FieldErrors, context: RuleContext): void
  /** Called before `validate`; `object` already carries the old object's identity, resourceVersion apart. */
  prepareForUpdate?(object: KubeObject, old: KubeObject, context: RuleContext): void
  validateUpdate?(object: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void
  /** Upstream's own order is kept by those kinds whose update validation does not run `validate` as a whole. Default: true. */
  readonly validateOnUpdate?: boolean
  /** By default everything but status and metadata is taken from the old object. */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject, context: RuleContext): void
  validateStatusUpdate?(object: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void
  /** Texts for Warning headers. `old` is undefined on create. */
  warnings?(object: KubeObject, old: KubeObject | undefined, context: RuleContext): readonly string[]

  /**
   * What the API server fills in when it hands an object out or takes one in that was stored by another version: upstream's
   * Decorator. Default: nothing.
   */
  readonly decorate?: (object: KubeObject) => void

  /**
   * The grace period of a delete in seconds, after looking at the object and at what was asked for; 0 or undefined: remove
   * at once. Only pods have one.
   */
  gracePeriod?(object: KubeObject, context: DeleteContext): number | undefined

  /** Field selectors beyond metadata.name and metadata.namespace: label → value. The keys must not depend on the object. */
  readonly fields?: (object: KubeObject) => Readonly<Record<string, string>>

  /** Where the scale subresource finds its parts. */
  readonly scale?: ScalePaths
  /** Seconds after which an object goes by itself; undefined: never. Events. */
  readonly ttlSeconds?: (object: KubeObject) => number | undefined
  /** Paths (`spec`, `status`, `metadata`) that server-side apply does not own on the main resource and on subresources, beyond the usual. */
  readonly resetFields?: Readonly<Record<string, readonly string[]>>
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
}
