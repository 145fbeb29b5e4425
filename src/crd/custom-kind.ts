import type { KubeObject } from '../api/index.js'
import type { Revision } from '../store/index.js'
import type { Converter } from './conversion.js'
import { CustomVersion } from './custom-version.js'
import { type Definition, type DefinitionNames, isTrue } from './definition.js'

/** A kind that a definition makes: what its versions have in common. Made anew whenever the definition's spec changes. */
export class CustomKind {
  readonly group: string
  readonly names: DefinitionNames
  readonly namespaced: boolean
  readonly versions: ReadonlyMap<string, CustomVersion>
  readonly storage: CustomVersion
  /** What the rules of schemas have been compiled to, by their schema: versions that are alike share it. */
  readonly compiledRules = new Map<string, unknown>()
  /** The definition is being deleted: nothing new is created. */
  terminating: boolean

  /**
   * @param names accepted ones
   * @param since the revision of the definition: records above it have been written by its schemas
   */
  constructor(
    readonly definition: Definition,
    names: DefinitionNames,
    readonly converter: Converter,
    readonly since: Revision,
  ) {
    this.group = definition.spec.group
    this.names = names
    this.namespaced = definition.spec.scope === 'Namespaced'
    this.terminating = isTrue(definition, 'Terminating')
    this.versions = new Map(
      definition.spec.versions.map((version) => [`${this.group}/${version.name}`, new CustomVersion(this, version)]),
    )
    const storage = [...this.versions.values()].find(({ definition: { storage } }) => storage)
    if (storage === undefined) throw new Error(`${definition.metadata.name} has no storage version`)
    this.storage = storage
  }

  get prefix(): string {
    return `/registry/${this.group}/${this.names.plural}/`
  }

  /** Whether an object is of this kind, in whatever version. */
  isOf(object: Pick<KubeObject, 'kind' | 'apiVersion'>): boolean {
    return object.kind === this.names.kind && (object.apiVersion ?? '').split('/', 1)[0] === this.group
  }
}
