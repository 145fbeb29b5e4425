import type { ObjectViews } from '../admission/index.js'
import { copyJson, DecodeError, decodeObject, type KubeObject, StrictErrors } from '../api/index.js'
import { mergeConfiguration, mergeSchemaOf } from '../apply/index.js'
import type { GroupVersionKind, ResourceVersion } from '../registry/index.js'
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

class ScopeViews implements ObjectViews {
  constructor(readonly scope: RequestScope) {}

  get equivalents() {
    const { environment, resource, subresource } = this.scope
    return environment.equivalents.of(resource, subresource?.name ?? '')
  }

  show(object: KubeObject, kind: GroupVersionKind): KubeObject | Promise<KubeObject> {
    const version = this.#versionOf(kind)
    const { scope } = this
    if (version === scope.version) return scope.live(object)
    if (version.form !== undefined) return version.form.convertAsync(object, version.apiVersion)
    return version.fromStorage(copyJson(object))
  }

  read(value: unknown, kind: GroupVersionKind, strict = false): KubeObject {
    const version = this.#versionOf(kind)
    const report = strict ? new StrictErrors() : undefined
    const object =
      version.form === undefined ? decodeObject(value, version.shape, { report }) : version.form.decode(value)
    if (report !== undefined && report.list.length > 0)
      throw new DecodeError(`strict decoding error: ${report.list.join(', ')}`)
    object.kind = version.kind
    object.apiVersion = version.apiVersion
    object.metadata ??= {}
    version.defaults(object)
    return object
  }

  merge(shown: KubeObject, configuration: object, kind: GroupVersionKind): KubeObject {
    const version = this.#versionOf(kind)
    const schema =
      version.form === undefined ? mergeSchemaOf(version.shape) : version.form.mergeSchema(version.apiVersion)
    if (schema === undefined) throw new Error(`nothing is known of ${version.apiVersion}, Kind=${version.kind}`)
    const merged = mergeConfiguration(schema, shown, configuration)
    return this.read(copyJson(merged), kind)
  }

  keep(shown: KubeObject, kind: GroupVersionKind, existing: KubeObject | undefined): KubeObject | Promise<KubeObject> {
    const version = this.#versionOf(kind)
    const { scope } = this
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
