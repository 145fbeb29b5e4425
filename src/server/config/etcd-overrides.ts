import { catalog } from '../../registry/index.js'

/** Resources that lie in an etcd of their own. */
export interface EtcdOverride {
  /** `/registry/events/` */
  readonly prefix: string
  readonly servers: readonly string[]
}

/** What is neither committed together with objects of other kinds nor followed by the server itself. */
const apart: ReadonlySet<string> = new Set([
  '/events',
  'apps/controllerrevisions',
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'autoscaling/horizontalpodautoscalers',
  'batch/cronjobs',
  'batch/jobs',
  'coordination.k8s.io/leases',
  'discovery.k8s.io/endpointslices',
  'storage.k8s.io/csistoragecapacities',
])

/**
 * Reads `group/resource#server;server`.
 *
 * @throws Error for what is of no such form, and for resources that have to lie with the others
 */
export function etcdOverrides(texts: readonly string[]): EtcdOverride[] {
  return texts.map((text) => {
    const match = /^([^/#]*)\/([^/#]+)#([^#]+)$/.exec(text)
    const servers = match?.[3]?.split(';') ?? []
    if (match === null || !servers.every((server) => URL.canParse(server)))
      throw new Error(
        '--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated',
      )
    const [, group, resource] = match
    const entry = catalog.find((one) => one.group === group && one.resource === resource)
    if (entry?.storagePrefix === undefined || !apart.has(`${group}/${resource}`))
      throw new Error(
        `--etcd-servers-overrides: ${group}/${resource} in an etcd of its own is not built yet; these can be: ${[...apart].join(', ')}`,
      )
    return { prefix: entry.storagePrefix, servers }
  })
}
