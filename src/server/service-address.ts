import type { ResolveService } from '../http/index.js'
import type { GenericRegistry } from '../registry/index.js'

/** Where ports of services are reached: at the service's cluster IP. Source: apiserver pkg/util/proxy, ResolveCluster. */
export const serviceAddresses =
  (registries: ReadonlyMap<string, GenericRegistry>): ResolveService =>
  (namespace, name, port) => {
    const services = registries.get('/services')
    const record = services?.find(namespace, name)
    if (services === undefined || record === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
    const { spec } = services.parse(record)
    if (spec?.type === 'ExternalName') return { host: spec.externalName, port }
    if (spec?.clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"')
    const ports: readonly { port: number }[] = spec?.ports ?? []
    if (!ports.some((each) => each.port === port))
      throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
    return { host: spec.clusterIP, port }
  }
