import type { KubeObject, StructShape } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import type { Store, Write } from '../store/index.js'
import type { RecentObjects } from './recent-objects.js'
import type { ObjectCodec } from './stored.js'

/** What registries share: the store and everything that tests want to hold still. */
export interface RegistryEnvironment {
  readonly store: Store
  /** Where Namespaces lie. Default: `store`. */
  readonly namespaces?: Store
  readonly codec: ObjectCodec
  /** What updates start from. Default: every update parses its record. */
  readonly recent?: RecentObjects
  /** Wall clock in milliseconds. */
  now(): number
  uid(): string
  /** Five characters for a generated name, from upstream's alphabet without vowels. */
  nameSuffix(): string
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  /**
   * An object in the form in which it is stored: fields in order, empties as a round trip through storage leaves them. Changes
   * nothing of what it is given, and shares with it what is in form, but for the object itself and its metadata.
   */
  normalize(object: KubeObject, shape: StructShape): KubeObject
  /** Whether propagation policies set finalizers (--enable-garbage-collector). */
  readonly garbageCollector: boolean
  /** --allow-privileged: whether containers may be privileged. Default: true. */
  readonly allowPrivileged?: boolean | undefined
  /** --min-compatibility-version: the minor release that has to understand new expressions. Default: the one before this. */
  readonly compatibleMinor?: number | undefined
}

/** Who writes, where, and with what around it. */
export interface WriteRequest {
  /** Empty for cluster-scoped resources. */
  readonly namespace: string
  readonly subresource: string
  readonly dryRun: boolean
  readonly user: UserInfo | undefined
  /** Bytes of the request's body. Default: 0. */
  readonly size?: number
  /** A text for a Warning header. */
  warn(text: string): void
  /**
   * Validating admission: called with the object as it would be stored; `old` is undefined on create, `object` is
   * undefined on delete. Throws ApiError to refuse.
   *
   * @param gracePeriodSeconds of a graceful deletion, as it was decided on
   */
  readonly admit?: (
    object: KubeObject | undefined,
    old: KubeObject | undefined,
    gracePeriodSeconds?: number,
  ) => Promise<void> | void
}

/**
 * Writes that must happen together with an object's own: allocations, counters. May change the object (fill in what was
 * allocated). Called again if the commit meets a conflict; throws ApiError to refuse.
 */
export interface CompanionWrites {
  /**
   * Fills in what is allocated before the kind's rules and validating admission see the object. In place; chooses only, what
   * has to be written is asked for later. Throws ApiError to refuse. Upstream: BeginCreate, BeginUpdate.
   */
  beginCreate?(object: KubeObject, request: WriteRequest): void
  /** Updates of the object itself; not those of its subresources. */
  beginUpdate?(object: KubeObject, old: KubeObject, request: WriteRequest): void
  onCreate?(object: KubeObject, request: WriteRequest): readonly Write[] | Promise<readonly Write[]>
  onUpdate?(object: KubeObject, old: KubeObject, request: WriteRequest): readonly Write[] | Promise<readonly Write[]>
  onDelete?(old: KubeObject, request: WriteRequest): readonly Write[] | Promise<readonly Write[]>
}
