import type { ObjectViews } from '../admission/index.js'
import {
  ApiError,
  beyondFloat,
  copyJson,
  DecodeError,
  decodeObject,
  goJson,
  isObject,
  type KubeObject,
  kindShape,
  outOfRange,
  parseApiVersion,
  StrictErrors,
} from '../api/index.js'
import { isTypeless, mergeConfiguration, mergeSchemaOf, noMergeType } from '../apply/index.js'
import { patchedType } from '../codec/index.js'
import { type GroupVersionKind, type ResourceVersion, type SchemaForm, sortKeys } from '../registry/index.js'
import { decodeMergedObject } from './field-manager.js'
import type { RequestScope } from './scope.js'

const known = new WeakMap<RequestScope, ObjectViews>()

/** The objects of a scope as admission shows them to webhooks and policies. */
export function objectViews(scope: RequestScope): ObjectViews {
  let views = known.get(scope)
  if (views === undefined) {
    views = new ScopeViews(scope)
    known.set(scope, views)
  }
  return views
}

const knownShown = new WeakMap<RequestScope, ObjectViews>()

/** The same of objects that are as the scope shows them already. */
export function shownViews(scope: RequestScope): ObjectViews {
  let views = knownShown.get(scope)
  if (views === undefined) {
    views = new ShownViews(scope)
    knownShown.set(scope, views)
  }
  return views
}

class ScopeViews implements ObjectViews {
  constructor(readonly scope: RequestScope) {}

  get equivalents() {
    const { environment, resource, subresource } = this.scope
    return environment.equivalents.of(resource, subresource?.name ?? '')
  }

  show(object: KubeObject, kind: GroupVersionKind): KubeObject | Promise<KubeObject> {
    const version = this.#versionOf(kind)
    const { scope } = this
    if (version === scope.version) return (scope.judged ?? scope.live)(object)
    if (version.form !== undefined) return version.form.convertAsync(object, version.apiVersion)
    return version.fromStorage(copyJson(object))
  }

  read(value: unknown, kind: GroupVersionKind, strict = false): KubeObject {
    const version = this.#versionOf(kind)
    const report = strict ? new StrictErrors() : undefined
    const object =
      version.form === undefined
        ? decodeObject(value, version.shape, { report, exactNumbers: true })
        : version.form.decode(value, { exactNumbers: true })
    if (report !== undefined && report.list.length > 0)
      throw new DecodeError(`strict decoding error: ${report.list.join(', ')}`)
    object.kind = version.kind
    object.apiVersion = version.apiVersion
    object.metadata ??= {}
    version.defaults(object)
    return object
  }

  readPatched(value: unknown, kind: GroupVersionKind, strict = false): KubeObject {
    const version = this.#versionOf(kind)
    // What does not tell its type in words, or is no object at all, is refused for that.
    patchedType(value)
    return version.form === undefined
      ? this.#readTyped(value, version, kind, strict)
      : readCustom(value, version, version.form, this.scope.version.apiVersion)
  }

  /** Source: apimachinery pkg/runtime/serializer/json: what a document says of its type counts, what it leaves out is filled in. */
  #readTyped(value: unknown, version: ResourceVersion, kind: GroupVersionKind, strict: boolean): KubeObject {
    const { kind: said = version.kind, apiVersion = version.apiVersion } = typeOf(value)
    if (said === version.kind && apiVersion === version.apiVersion) return this.read(value, kind, strict)
    const group = parseApiVersion(apiVersion)
    const { equivalents } = this
    if (equivalents.some(({ version: v }) => v.kind === said && v.apiVersion === apiVersion))
      return this.read(value, kind, strict)
    const shape = kindShape(group.group, group.version, said)
    if (shape === undefined)
      throw new DecodeError(
        `no kind ${JSON.stringify(said)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
      )
    decodeObject(value, shape, { exactNumbers: true })
    const internal = version.group === '' ? 'core' : version.group.split('.', 1)[0]
    throw new ApiError('', `converting (${group.version}.${said}) to (${internal}.${version.kind}): unknown conversion`)
  }

  merge(shown: KubeObject, configuration: object, kind: GroupVersionKind): KubeObject {
    const version = this.#versionOf(kind)
    if (isTypeless(kind)) throw new Error(noMergeType(kind))
    const schema =
      version.form === undefined ? mergeSchemaOf(version.shape) : version.form.mergeSchema(version.apiVersion)
    if (schema === undefined) throw new Error(noMergeType(kind))
    const merged = copyJson(mergeConfiguration(schema, shown, configuration)) as KubeObject
    if (version.form !== undefined) return this.read(merged, kind)
    const object = decodeMergedObject(merged, version)
    version.defaults(object)
    return object
  }

  keep(shown: KubeObject, kind: GroupVersionKind, existing: KubeObject | undefined): KubeObject | Promise<KubeObject> {
    const version = this.#versionOf(kind)
    const { scope } = this
    if (version.form !== undefined && shown.apiVersion !== scope.version.apiVersion)
      return version.form.convertAsync(shown, scope.version.apiVersion)
    if (version === scope.version) return scope.keep(shown, existing)
    if (version.form !== undefined) return version.form.convertAsync(shown, scope.version.apiVersion)
    return version.toStorage(shown)
  }

  /** Of what a kind is: scales are the same in all of them. */
  #versionOf({ group, version: name, kind }: GroupVersionKind): ResourceVersion {
    const { version } = this.scope
    if (version.group === group && version.version === name && version.kind === kind) return version
    const view = this.equivalents.find(
      (candidate) => candidate.kind.group === group && candidate.kind.version === name && candidate.kind.kind === kind,
    )
    if (view === undefined) throw new Error(`${group}/${name}, Kind=${kind} is not served here`)
    return view.version
  }
}

/** Custom resources are what they say they are; those of other groups cannot be converted. */
function readCustom(value: unknown, version: ResourceVersion, form: SchemaForm, wanted: string): KubeObject {
  const { kind, apiVersion = '' } = typeOf(value)
  if (kind === undefined) throw new DecodeError(`Object 'Kind' is missing in '${goJson(sortKeys(value))}'`)
  if (parseApiVersion(apiVersion).group !== version.group)
    throw new ApiError(
      '',
      `${apiVersion}, Kind=${kind} is unstructured and is not suitable for converting to ${JSON.stringify(wanted)}`,
    )
  const literal = outOfRange(value)
  if (literal !== undefined) throw new DecodeError(beyondFloat(literal))
  const object = form.merged(value as KubeObject, { exactNumbers: true })
  object.metadata ??= {}
  version.defaults(object)
  return object
}

/** What an object says it is; empty is nothing. */
function typeOf(value: unknown): { readonly kind?: string; readonly apiVersion?: string } {
  if (!isObject(value)) return {}
  const { kind, apiVersion } = value
  return {
    ...(typeof kind === 'string' && kind !== '' ? { kind } : {}),
    ...(typeof apiVersion === 'string' && apiVersion !== '' ? { apiVersion } : {}),
  }
}

class ShownViews extends ScopeViews {
  override show(object: KubeObject): KubeObject {
    return object
  }

  override keep(shown: KubeObject): KubeObject {
    return shown
  }
}
