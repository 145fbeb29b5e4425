import { readFileSync } from 'node:fs'

/** One file of `gen/`: the facts of one group version. `gen/index.json` lists them. */
export interface FactsFile {
  readonly group: string
  readonly version: string
  readonly goPackage: string
  readonly protoPackage: string
  readonly openapiPackage: string
  readonly kinds: Readonly<Record<string, KindFacts>>
  readonly types: Readonly<Record<string, TypeFacts>>
  readonly enums: Readonly<Record<string, { readonly values: readonly string[]; readonly openapiEnum?: boolean }>>
  readonly aliases: Readonly<Record<string, string>>
  readonly constants: Readonly<Record<string, unknown>>
  /** Only in meta.v1: the packages runtime, resource, intstr, types, watch, version. */
  readonly support?: Readonly<Record<string, { readonly openapiPackage?: string; readonly protoPackage?: string }>>
  readonly wireShapes?: Readonly<Record<string, { readonly fields: readonly WireField[] }>>
}

export interface WireField {
  readonly name: string
  readonly proto: number
  readonly type: string
  readonly wire: string
  readonly label: string
}

export interface KindFacts {
  readonly type?: string
  readonly list?: string
  readonly namespaced?: boolean
  readonly introduced?: string
  readonly deprecated?: string
  readonly removed?: string
  readonly replacement?: { readonly group: string; readonly version: string; readonly kind: string }
}

export interface TypeFacts {
  readonly fields: readonly FieldFacts[]
  readonly union?: unknown
  readonly structType?: string
  readonly customJSON?: unknown
  readonly openapi?: { readonly type?: string | null; readonly format?: string; readonly v3OneOf?: readonly string[] }
  readonly copyOf?: string
  readonly validation?: readonly string[]
  readonly markers?: readonly string[]
}

/** A field of a Go struct; the facts' README says what each key means. Absent is absent or false. */
export interface FieldFacts {
  readonly json?: string
  readonly go: string
  readonly type: string
  readonly pointer?: boolean
  readonly omitempty?: boolean
  readonly omitzero?: boolean
  readonly inline?: boolean
  readonly proto?: number
  readonly wire?: string
  readonly label?: string
  readonly wireTag?: string
  readonly protoName?: string
  readonly optional?: boolean
  readonly required?: boolean
  readonly default?: unknown
  readonly nullable?: boolean
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
  readonly listType?: string
  readonly listMapKeys?: readonly string[]
  readonly mapType?: string
  readonly structType?: string
  readonly enum?: readonly string[]
  readonly featureGate?: string
  readonly union?: string
  readonly validation?: readonly string[]
  readonly markers?: readonly string[]
}

export interface FactsIndex {
  readonly release: string
  readonly groupVersions: readonly {
    readonly group: string
    readonly version: string
    /** Short group and version (`rbac.v1`): how facts refer to a package. */
    readonly name: string
    readonly file: string
    readonly kinds: readonly string[]
  }[]
}

const files = new Map<string, FactsFile>()
let index: FactsIndex | undefined

/**
 * The facts of one group version by short name (`core.v1`), read from disk on first use and kept: they are constants,
 * shared by all servers of a process.
 */
export function facts(name: string): FactsFile {
  let file = files.get(name)
  if (file === undefined) {
    file = read(`${name}.json`) as FactsFile
    files.set(name, file)
  }
  return file
}

export function factsIndex(): FactsIndex {
  index ??= read('index.json') as FactsIndex
  return index
}

/** Packages without a file of their own: their types are in that of meta/v1, under their whole names (`resource.Quantity`). */
const supportPackages = new Set(['runtime', 'resource', 'intstr', 'types', 'watch', 'version'])

export interface TypeLocation {
  readonly pkg: string
  readonly file: FactsFile
  /** Its name among the file's types, enums and aliases. */
  readonly key: string
}

/** Where the facts hold the type that they refer to as `core.v1.Pod`, if they hold it. Throws if they have not its package. */
export function locateType(ref: string): TypeLocation {
  const dot = ref.lastIndexOf('.')
  const pkg = ref.slice(0, dot)
  return supportPackages.has(pkg)
    ? { pkg, file: facts('meta.v1'), key: ref }
    : { pkg, file: facts(pkg), key: ref.slice(dot + 1) }
}

export const hasPackage = (pkg: string): boolean =>
  pkg === 'meta.v1' || supportPackages.has(pkg) || factsIndex().groupVersions.some(({ name }) => name === pkg)

/** The short name (`rbac.v1`) under which the facts hold a group version, or undefined. */
export function factsName(group: string, version: string): string | undefined {
  return factsIndex().groupVersions.find((gv) => gv.group === group && gv.version === version)?.name
}

// gen/ lies beside this file in the sources and beside the bundle in dist/.
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(`./gen/${file}`, import.meta.url), 'utf8'))
