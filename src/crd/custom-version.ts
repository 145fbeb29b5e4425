import {
  copyJson,
  DecodeError,
  type DecodeOptions,
  holdsWholeFloat,
  isObject,
  type KubeObject,
  noteFloats,
  type ObjectMeta,
  plainNumbers,
  reportDuplicates,
  type StructShape,
  setOwn,
  structShape,
} from '../api/index.js'
import { customResourceSchema, type MergeSchema } from '../apply/index.js'
import {
  type Check,
  coerceEmbedded,
  coerceMetadata,
  compileChecks,
  compileNode,
  fillSchemaDefaults,
  type JsonSchema,
  prune,
  pruneFields,
  type ResourceVersion,
  type SchemaForm,
  type SchemaNode,
} from '../registry/index.js'
import type { CustomKind } from './custom-kind.js'
import type { DefinitionVersion } from './definition.js'
import { deprecationOf } from './versions.js'

/** A version of a custom resource. Its schema is compiled when the first request needs it. */
export class CustomVersion implements ResourceVersion {
  readonly group: string
  readonly version: string
  readonly apiVersion: string
  readonly deprecation: string | undefined
  readonly form: SchemaForm

  constructor(
    readonly family: CustomKind,
    readonly definition: DefinitionVersion,
  ) {
    this.group = family.group
    this.version = definition.name
    this.apiVersion = `${family.group}/${definition.name}`
    this.deprecation = deprecationOf(family.definition.spec, definition)
    this.form = new CustomForm(this)
  }

  get kind(): string {
    return this.family.names.kind
  }

  get listKind(): string {
    return this.family.names.listKind ?? `${this.kind}List`
  }

  get shape(): StructShape {
    return structShape('meta.v1.PartialObjectMetadata')
  }

  get schema(): JsonSchema | undefined {
    return this.definition.schema?.openAPIV3Schema
  }

  /** Of the whole object. Its root is a resource, whose type and metadata nobody prunes. */
  get node(): SchemaNode {
    const node = compileNode(this.schema ?? { type: 'object' })
    Object.defineProperty(this, 'node', { value: node })
    return node
  }

  get check(): Check {
    const check = compileChecks(this.schema ?? {})
    Object.defineProperty(this, 'check', { value: check })
    return check
  }

  /** Of the status alone; undefined: there is nothing to check. */
  get statusCheck(): Check | undefined {
    const properties = this.schema?.properties ?? {}
    const schema = Object.hasOwn(properties, 'status') ? properties.status : undefined
    const check = schema === undefined ? undefined : compileChecks(schema)
    Object.defineProperty(this, 'statusCheck', { value: check })
    return check
  }

  get mergeSchema(): MergeSchema {
    const schema = customResourceSchema(
      this.schema as Readonly<Record<string, unknown>> | undefined,
      structShape('meta.v1.ObjectMeta'),
    )
    Object.defineProperty(this, 'mergeSchema', { value: schema })
    return schema
  }

  defaults(object: KubeObject): void {
    if (object.kind === this.kind && object.apiVersion === this.apiVersion) fillSchemaDefaults(object, this.node)
  }

  // Registries of custom resources work in the version that is asked for: there is nothing to convert on the way to them.
  toStorage(object: KubeObject): KubeObject {
    return object
  }

  fromStorage(object: KubeObject): KubeObject {
    return object
  }
}

class CustomForm implements SchemaForm {
  constructor(readonly version: CustomVersion) {}

  get schema(): JsonSchema | undefined {
    return this.version.schema
  }

  get selectableFields(): readonly string[] | undefined {
    const fields = this.version.definition.selectableFields ?? []
    return fields.length === 0 ? undefined : fields.map(({ jsonPath }) => jsonPath.replace(/^\./, ''))
  }

  /** Source: apiextensions pkg/apiserver/customresource_handler.go, schemaCoercingDecoder. */
  decode(raw: unknown, options: DecodeOptions = {}): KubeObject {
    const { report } = options
    if (report !== undefined) reportDuplicates(raw, options)
    const object = (isObject(raw) ? raw : {}) as unknown as KubeObject
    const metadata = coerceMetadata(
      options.exactNumbers === true ? plainNumbers(object.metadata) : object.metadata,
      report === undefined ? undefined : (path) => report.unknown(`metadata.${path}`),
    )
    const coerced = this.version.family.isOf(object) ? this.#coerce(object, options) : { ...object }
    coerced.metadata = metadata
    return coerced
  }

  /** In place, of what is left after pruning. */
  #makePlain(object: KubeObject): void {
    const floats: string[] = []
    for (const [field, value] of Object.entries(object)) {
      if (field !== 'metadata' && holdsWholeFloat(value)) floats.push(field)
      setOwn(object, field, plainNumbers(value))
    }
    noteFloats(object, floats)
  }

  merged(object: KubeObject, { exactNumbers }: DecodeOptions = {}): KubeObject {
    const { node } = this.version
    const copy = pruneFields(copyJson(object), asRoot(node)) as KubeObject
    if (exactNumbers === true) this.#makePlain(copy)
    // What is malformed in embedded resources is left to validation.
    unlessMalformed(() => coerceEmbedded(copy, node))
    copy.metadata = unlessMalformed(() => coerceMetadata(copy.metadata)) ?? coerceMetadata(withoutTimes(copy.metadata))
    return copy
  }

  #versionOf(apiVersion: string): CustomVersion {
    const { family, group, apiVersion: own, kind } = this.version
    const version = family.versions.get(apiVersion)
    if (version !== undefined) return version
    if (apiVersion.startsWith(`${group}/`))
      throw new Error(`request to convert CR to an invalid group/version: ${apiVersion}`)
    throw new Error(`${own}, Kind=${kind} is unstructured and is not suitable for converting to "${apiVersion}"`)
  }

  #coerce(object: KubeObject, { report, exactNumbers }: DecodeOptions): KubeObject {
    // Of a version that the kind does not have nothing is known: all its fields are unknown.
    const node = this.version.family.versions.get(object.apiVersion ?? '')?.node
    const pruned: string[] = []
    const root = node === undefined ? unknownResource : asRoot(node)
    const coerced = prune(object, root, report === undefined ? undefined : (path) => pruned.push(path)) as KubeObject
    for (const path of pruned.sort()) report?.unknown(path)
    if (exactNumbers === true) this.#makePlain(coerced)
    const embedded: string[] = []
    coerceEmbedded(coerced, node, report === undefined ? undefined : (path) => embedded.push(path))
    for (const path of embedded.sort()) report?.unknown(path)
    return coerced
  }

  /**
   * Unlike with built-in kinds, what is owned in a version that the kind does not have any more is not forgotten: applies are
   * refused until somebody has brought managedFields up to date.
   * @see apiextensions pkg/apiserver/conversion/converter.go, whose errors do not count as those of a missing version
   */
  mergeSchema(apiVersion: string): MergeSchema {
    return this.#versionOf(apiVersion).mergeSchema
  }

  get waits(): boolean {
    return !this.version.family.converter.immediate
  }

  convertAsync(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject> {
    const { converter } = this.version.family
    return (
      converter.convert(object, apiVersion) ??
      converter.convertAll([object], apiVersion).then(([converted]) => converted!)
    )
  }
}

/** No time that a client sends counts for anything, be it malformed. */
function withoutTimes(metadata: ObjectMeta): ObjectMeta {
  const kept = { ...metadata }
  for (const field of ['creationTimestamp', 'deletionTimestamp'] as const)
    if (typeof kept[field] === 'string') delete kept[field]
  return kept
}

function unlessMalformed<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

const roots = new WeakMap<SchemaNode, SchemaNode>()

/** The node of a schema, as that of a whole object. */
function asRoot(node: SchemaNode): SchemaNode {
  if (node.embedded) return node
  let root = roots.get(node)
  if (root === undefined) {
    root = { ...node, embedded: true }
    roots.set(node, root)
  }
  return root
}

const unknownResource: SchemaNode = { ...compileNode({}), embedded: true }
