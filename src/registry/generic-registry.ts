import { type GroupKind, type GroupResource, internalError, type KubeObject, notFound } from '../api/index.js'
import { isUnreadable, type StoredRecord, StoreError } from '../store/index.js'
import { commit, create } from './create.js'
import { type DeleteOptions, type Deletion, deleteObject } from './delete.js'
import type { CompanionWrites, RegistryEnvironment, WriteRequest } from './environment.js'
import type { Resource, ResourceStorage } from './resource.js'
import type { RuleContext } from './rules.js'
import { labelsOf } from './selection.js'
import { fromStoreError } from './store-errors.js'
import { parseStored, type Stored } from './stored.js'
import { type Updated, type UpdateRequest, update } from './update.js'

/**
 * The storage of one resource: what every kind's get, create, update and delete have in common. The rules of the kind are
 * consulted where upstream's genericregistry.Store consults its strategies. Works on objects in the storage version.
 */
export class GenericRegistry {
  readonly groupResource: GroupResource
  readonly groupKind: GroupKind
  readonly prefix: string

  constructor(
    readonly resource: Resource,
    readonly storage: ResourceStorage,
    readonly environment: RegistryEnvironment,
    readonly companions: CompanionWrites = {},
  ) {
    this.groupResource = { group: resource.group, resource: resource.resource }
    // As upstream, whose validation knows the stored form only: an event of events.k8s.io is the core group's Event there.
    this.groupKind = { group: storage.version.group, kind: resource.kind }
    this.prefix = storage.prefix
  }

  key(namespace: string, name: string): string {
    return this.resource.namespaced ? `${this.prefix}${namespace}/${name}` : this.prefix + name
  }

  /** Throws NotFound. */
  get(namespace: string, name: string): StoredRecord {
    const record = this.find(namespace, name)
    if (record === undefined) throw notFound(this.groupResource, name)
    return record
  }

  /** Throws InternalError if what is stored cannot be read. */
  find(namespace: string, name: string): StoredRecord | undefined {
    return this.readable(this.environment.store.get(this.key(namespace, name)))
  }

  /** The record itself. Throws InternalError if what is stored cannot be read. */
  readable<R extends StoredRecord | undefined>(record: R): R {
    if (record !== undefined && isUnreadable(record)) throw internalError(record.value.toString())
    return record
  }

  /**
   * After it, reads see every write that was acknowledged before, by whatever server; undefined: they do already. Throws
   * ApiError if the store cannot tell.
   *
   * @param mayWaitMs so long the store may wait for others that ask
   */
  fresh(mayWaitMs?: number): Promise<void> | undefined {
    return this.environment.store.fresh(mayWaitMs)?.catch((error: unknown) => {
      throw error instanceof StoreError ? fromStoreError(error) : error
    })
  }

  /**
   * Deletes what cannot be read, without any of the usual course. False if there is no such thing. Throws ApiError if the
   * store cannot.
   */
  async deleteUnreadable(namespace: string, name: string): Promise<boolean> {
    const { store } = this.environment
    const key = this.key(namespace, name)
    await this.fresh()
    for (;;) {
      const record = store.get(key)
      if (record === undefined || !isUnreadable(record)) return false
      const result = await commit(this, [{ prefix: this.prefix, key, expect: record.revision }])
      if (result.kind === 'committed') return true
    }
  }

  /** The object of a record; `ready` comes first. */
  parse(record: StoredRecord): KubeObject {
    const { form } = this.storage
    const parsed = parseStored(record, this.environment.codec)
    return form === undefined || form.isCurrent(record) ? parsed : form.read(parsed, record)
  }

  /** The same for a caller who does not change it: what is read repeatedly is parsed once. */
  parseShared(record: StoredRecord): KubeObject {
    const { recent } = this.environment
    // Other forms read a record differently as their definitions change.
    if (recent === undefined || this.storage.form !== undefined) return this.parse(record)
    return recent.get(record, this.#parse)
  }

  readonly #parse = (record: StoredRecord): KubeObject => this.parse(record)

  /** Whether a record's bytes are its object: they can be sent as they are. */
  isCurrent(record: StoredRecord): boolean {
    const { form } = this.storage
    return form === undefined || form.isCurrent(record)
  }

  /** Whether records may have to be made `ready`. */
  get converts(): boolean {
    return this.storage.form?.ready !== undefined
  }

  /** Whether selectable fields of records are known only when they are `ready`. */
  get selectsConverted(): boolean {
    return this.converts && this.storage.form?.hasFields === true
  }

  /** Has to be awaited, if it is a promise, before these records are parsed. */
  ready(records: readonly StoredRecord[]): Promise<void> | undefined {
    return this.storage.form?.ready?.(records)
  }

  create(object: KubeObject, request: WriteRequest): Promise<Stored> {
    return create(this, object, request)
  }

  update(name: string, request: UpdateRequest): Promise<Updated> {
    return update(this, name, request)
  }

  delete(name: string, options: DeleteOptions, request: WriteRequest): Promise<Deletion> {
    return deleteObject(this, name, options, request)
  }

  ruleContext(request: WriteRequest): RuleContext {
    return {
      user: request.user,
      namespace: request.namespace,
      subresource: request.subresource,
      dryRun: request.dryRun,
      now: this.environment.now,
      enabled: this.environment.enabled,
      allowPrivileged: this.environment.allowPrivileged,
      compatibleMinor: this.environment.compatibleMinor,
      warn: (text) => request.warn(text),
      namespaceLabels: () => this.#labelsOfNamespace(request.namespace),
    }
  }

  #labelsOfNamespace(namespace: string): Readonly<Record<string, string>> | undefined {
    const { store, namespaces = store } = this.environment
    const record = namespaces.get(`/registry/namespaces/${namespace}`)
    return record && labelsOf(record)
  }
}
