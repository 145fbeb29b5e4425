import { isDeepStrictEqual } from 'node:util'
import { ApiError, rfc3339 } from '../api/index.js'
import { cleanupFinalizer, type GenericRegistry } from '../registry/index.js'
import { type Change, prefixRange, type StoredRecord, type Subscription } from '../store/index.js'
import { removeInstances } from './cleanup.js'
import type { Converter } from './conversion.js'
import { CustomKind } from './custom-kind.js'
import { type Definition, type DefinitionNames, isTrue } from './definition.js'
import { acceptedOf, acceptNames, sameNames } from './names.js'
import { statusOf, withStatus } from './status.js'

export interface DefinitionsOptions {
  /** Of the definitions themselves. */
  readonly registry: GenericRegistry
  /** Begins to serve a kind, instead of what was served of the definition before. Called within the commit: must not block. */
  serve(kind: CustomKind, instead: CustomKind | undefined): void
  /** Serves it no longer. */
  remove(kind: CustomKind): void
  /** Discovery tells something else of a kind that is served. */
  changed(): void
  /** The registry of a kind's storage version, which is there also if that version is not served. */
  registryOf(kind: CustomKind): GenericRegistry
  converter(definition: Definition): Converter
  /** Changes a definition as its status subresource does, in the name of the server. `change` returns what it got: nothing to do. */
  update(name: string, change: (existing: Definition) => Definition): Promise<void>
  /** Told of what went wrong in the background; it is tried again with the definition's next change. */
  failed(name: string, error: unknown): void
  /** Told when nothing is followed any longer. */
  closed(): void
  now(): number
}

/** A definition as it was last stored, and what is served of it. */
interface Entry {
  definition: Definition
  kind: CustomKind | undefined
}

/**
 * Follows the CustomResourceDefinitions of a store: serves what they define from the moment they are committed, gives them
 * their names and conditions, and clears up behind those that are deleted. Upstream spreads this over an informer, a handler
 * and four controllers.
 */
export class Definitions {
  readonly #options: DefinitionsOptions
  readonly #entries = new Map<string, Entry>()
  readonly #groups = new Map<string, Set<string>>()
  /** Definitions whose status is being worked on; true: once more. */
  readonly #working = new Map<string, boolean>()
  /** Those whose instances are being removed. */
  readonly #removing = new Set<string>()
  readonly #stop = new AbortController()
  #subscription: Subscription | undefined

  constructor(options: DefinitionsOptions) {
    this.#options = options
  }

  /** Takes over what is stored, then follows. Reads only: writing begins with `start`. */
  open(): void {
    const { registry } = this.#options
    const { store } = registry.environment
    const at = store.revision
    for (const record of store.scan(prefixRange(registry.prefix), { at })) this.#stored(record)
    this.#subscription = store.changes(registry.prefix, at, {
      changed: (changes) => this.#changed(changes),
    })
  }

  /** Looks after all definitions once: what a crash may have left undone. */
  start(): void {
    this.#writing = true
    for (const name of this.#entries.keys()) this.#look(name)
  }
  #writing = false

  close(): void {
    this.#stop.abort()
    this.#subscription?.close()
    this.#options.closed()
  }

  /** What is served under a plural of a group. */
  find(group: string, plural: string): CustomKind | undefined {
    return this.#entries.get(`${plural}.${group}`)?.kind
  }

  get kinds(): CustomKind[] {
    return [...this.#entries.values()].flatMap(({ kind }) => (kind === undefined ? [] : [kind]))
  }

  #changed(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'deleted') this.#gone(change.record)
      else this.#look(this.#stored(change.record))
    }
  }

  #stored(record: StoredRecord): string {
    const definition = this.#options.registry.parse(record) as Definition
    const name = definition.metadata.name ?? ''
    const before = this.#entries.get(name)
    const entry: Entry = { definition, kind: before?.kind }
    this.#entries.set(name, entry)
    const { group } = definition.spec
    const names = this.#groups.get(group) ?? new Set()
    this.#groups.set(group, names.add(name))
    try {
      this.#serve(entry, before?.definition, record.revision)
    } catch (error) {
      // We are within a commit: whatever is wrong with one definition must not reach others.
      this.#options.failed(name, error)
    }
    return name
  }

  /** Brings what is served of a definition up to date: a kind of its own for each spec and set of names. */
  #serve(entry: Entry, before: Definition | undefined, revision: number): void {
    const { definition, kind } = entry
    const names = this.#servedNames(definition)
    if (names === undefined) {
      if (kind !== undefined) this.#options.remove(kind)
      entry.kind = undefined
      return
    }
    const { uid, generation } = definition.metadata
    if (
      kind !== undefined &&
      before !== undefined &&
      uid === before.metadata.uid &&
      (generation === before.metadata.generation || isDeepStrictEqual(definition.spec, before.spec)) &&
      sameNames(kind.names, names)
    ) {
      const terminating = isTrue(definition, 'Terminating')
      if (kind.terminating !== terminating) {
        kind.terminating = terminating
        this.#options.changed()
      }
      return
    }
    const made = new CustomKind(definition, names, this.#options.converter(definition), revision)
    entry.kind = made
    this.#options.serve(made, kind)
  }

  /** Undefined: it is not served, somebody else has its names. */
  #servedNames(definition: Definition): DefinitionNames | undefined {
    if (isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established')) return acceptedOf(definition)
    if (definition.metadata.deletionTimestamp !== undefined) return undefined
    const { names, conflict } = this.#accept(definition)
    return conflict === undefined ? names : undefined
  }

  #accept(definition: Definition) {
    const others = this.#groups.get(definition.spec.group) ?? new Set<string>()
    const { name } = definition.metadata
    const taken = Array.from(others, (other) => {
      if (other === name) return acceptedOf(definition)
      const entry = this.#entries.get(other)
      return entry === undefined ? acceptedNothing : (entry.kind?.names ?? acceptedOf(entry.definition))
    })
    return acceptNames(definition, taken)
  }

  #gone(record: StoredRecord): void {
    const name = record.key.slice(this.#options.registry.prefix.length)
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    if (entry.kind !== undefined) this.#options.remove(entry.kind)
    const { group } = entry.definition.spec
    const names = this.#groups.get(group)
    names?.delete(name)
    if (names?.size === 0) this.#groups.delete(group)
    this.#lookAtOthers(group, name)
  }

  /** Names have become free: others may have waited for them. */
  #lookAtOthers(group: string, except: string): void {
    for (const name of this.#groups.get(group) ?? [])
      if (name !== except && !isTrue(this.#entries.get(name)!.definition, 'NamesAccepted')) this.#look(name)
  }

  /** Sees to a definition's status and its end, in the background, one thing at a time. */
  #look(name: string): void {
    if (!this.#writing || this.#stop.signal.aborted) return
    if (this.#working.has(name)) {
      this.#working.set(name, true)
      return
    }
    this.#working.set(name, false)
    void this.#work(name)
  }

  async #work(name: string): Promise<void> {
    try {
      do {
        this.#working.set(name, false)
        await this.#reconcile(name)
      } while (this.#working.get(name) === true && !this.#stop.signal.aborted)
    } catch (error) {
      if (!this.#stop.signal.aborted && !isGone(error)) this.#options.failed(name, error)
    } finally {
      this.#working.delete(name)
    }
  }

  async #reconcile(name: string): Promise<void> {
    const definition = this.#entries.get(name)?.definition
    if (definition === undefined) return
    if (this.#status(definition) !== definition.status) {
      await this.#options.update(name, (existing) => {
        const status = this.#status(existing)
        return status === existing.status ? existing : withStatus(existing, status)
      })
      this.#lookAtOthers(definition.spec.group, name)
    }
    const { deletionTimestamp, finalizers = [] } = definition.metadata
    if (deletionTimestamp !== undefined && finalizers.includes(cleanupFinalizer)) this.#remove(name, definition)
  }

  /** Clears up behind a definition that is being deleted, which may take long: its names may still change meanwhile. */
  #remove(name: string, definition: Definition): void {
    if (this.#removing.has(name)) return
    this.#removing.add(name)
    const established = isTrue(definition, 'Established') ? this.#entries.get(name)?.kind : undefined
    const removal = removeInstances(name, established && this.#options.registryOf(established), {
      update: (change) => this.#options.update(name, change),
      now: () => rfc3339(this.#options.now()),
      signal: this.#stop.signal,
    })
    void removal
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted && !isGone(error)) this.#options.failed(name, error)
      })
      .finally(() => this.#removing.delete(name))
  }

  #status(definition: Definition) {
    return statusOf(definition, this.#accept(definition), rfc3339(this.#options.now()))
  }
}

const acceptedNothing: DefinitionNames = { plural: '', kind: '' }

const isGone = (error: unknown): boolean => error instanceof ApiError && error.reason === 'NotFound'
