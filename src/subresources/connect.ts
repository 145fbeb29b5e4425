import type { ObjectViews, ResourceView } from '../admission/index.js'
import { badRequest, DecodeError, decodeObject, type KubeObject, kindShape } from '../api/index.js'
import { noMergeType } from '../apply/index.js'
import type { RequestContext } from '../http/index.js'
import type { Resource, ResourceVersion } from '../registry/index.js'
import type { SubresourceEnvironment } from './environment.js'

export type ConnectOptions = Readonly<Record<string, unknown>> & { readonly kind: string }

/**
 * What every connection goes through before it is made: there is no dry run of it, and admission sees its options.
 *
 * @returns the options as admission has left them
 * Source: apiserver pkg/endpoints/handlers/rest.go, ConnectResource.
 */
export async function admitConnection(
  environment: SubresourceEnvironment,
  context: RequestContext,
  parent: Resource,
  version: ResourceVersion,
  options: ConnectOptions,
): Promise<ConnectOptions> {
  const { info, user, query } = context
  if (query.has('dryRun')) throw badRequest('dryRun is not supported')
  const object = { apiVersion: 'v1', ...options } as unknown as KubeObject
  const resource = { group: parent.group, version: version.version, resource: parent.resource }
  const kind = { group: '', version: 'v1', kind: options.kind }
  const attributes = {
    operation: 'CONNECT' as const,
    kind,
    resource,
    subresource: info.subresource,
    namespace: parent.namespaced ? info.namespace : '',
    name: info.name,
    object,
    oldObject: undefined,
    options: {},
    dryRun: false,
    user,
    views: optionViews({ kind, resource }),
    time: context,
    warn: (text: string) => void context.warnings.add(text),
  }
  await environment.admission().admit(attributes)
  await environment.admission().validate(attributes)
  return object as unknown as ConnectOptions
}

/** The options of a connection are of one version and have no metadata. */
function optionViews(view: ResourceView): ObjectViews {
  const { group, version, kind } = view.kind
  const read = (value: unknown): KubeObject => {
    const shape = kindShape(group, version, kind)
    if (shape === undefined) throw new DecodeError(`no kind ${JSON.stringify(kind)} is registered`)
    return { ...decodeObject(value, shape), kind, apiVersion: version }
  }
  return {
    equivalents: [view],
    show: (object) => object,
    read,
    readPatched: read,
    merge() {
      throw new Error(noMergeType(view.kind))
    },
    keep: (shown) => shown,
  }
}
