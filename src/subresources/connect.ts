import { badRequest, type KubeObject } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import type { Resource, ResourceVersion } from '../registry/index.js'
import type { SubresourceEnvironment } from './environment.js'

/**
 * What every connection goes through before it is made: there is no dry run of it, and admission sees its options.
 * Source: apiserver pkg/endpoints/handlers/rest.go, ConnectResource.
 */
export async function admitConnection(
  environment: SubresourceEnvironment,
  context: RequestContext,
  parent: Resource,
  version: ResourceVersion,
  options: Readonly<Record<string, unknown>> & { readonly kind: string },
): Promise<void> {
  const { info, user, query } = context
  if (query.has('dryRun')) throw badRequest('dryRun is not supported')
  const attributes = {
    operation: 'CONNECT' as const,
    kind: { group: '', version: 'v1', kind: options.kind },
    resource: { group: parent.group, version: version.version, resource: parent.resource },
    subresource: info.subresource,
    namespace: parent.namespaced ? info.namespace : '',
    name: info.name,
    object: { apiVersion: 'v1', ...options } as unknown as KubeObject,
    oldObject: undefined,
    options: {},
    dryRun: false,
    user,
    time: context,
    warn: (text: string) => void context.warnings.add(text),
  }
  await environment.admission().admit(attributes)
  await environment.admission().validate(attributes)
}
