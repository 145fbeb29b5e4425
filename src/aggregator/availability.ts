import type { APIService, Availability } from './api-service.js'
import { type Backend, hostOf } from './backend.js'
import { type Cluster, hasReadyEndpoint } from './service-resolver.js'

/** What is always true of group versions that this server serves itself. */
export const localAvailability: Availability = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
}

/** The found condition, and whether it should be looked at again soon: what nothing will tell of. */
export interface Checked {
  readonly availability: Availability
  readonly retry: boolean
}

const attempts = 5
const probeTimeoutMs = 5_000
const prober = { name: 'system:kube-aggregator', groups: ['system:masters'] }

/**
 * Finds out whether the server behind an APIService can be used: service, port, endpoints, and then its discovery.
 * Source: kube-aggregator pkg/controllers/status/remote.
 *
 * @throws Error if there is nothing to be said
 */
export async function checkAvailability({ spec }: APIService, backend: Backend, cluster: Cluster): Promise<Checked> {
  const { namespace, name, port = 443 } = backend.service
  const where = `service/${name} in ${JSON.stringify(namespace)}`
  const service = cluster.service(namespace, name)
  if (service === undefined) return failed('ServiceNotFound', `${where} is not present`)
  if (service.spec?.type === 'ClusterIP') {
    const ports: readonly { port: number; name?: string }[] = service.spec.ports ?? []
    const found = ports.find((each) => each.port === port)
    if (found === undefined) return failed('ServicePortError', `${where} is not listening on port ${port}`)
    const slices = cluster.endpointSlices(namespace, name)
    if (slices.length === 0) return failed('EndpointsNotFound', `cannot find endpointslices for ${where}`)
    const { name: portName = '' } = found
    if (!hasReadyEndpoint(slices, portName)) {
      const lacking = `have no addresses with port name ${JSON.stringify(portName)}`
      return failed('MissingEndpoints', `endpointslices for ${where} ${lacking}`)
    }
  }
  // Nothing is said of an APIService to whose server no connection can be made, whatever it does.
  if (backend.broken !== undefined) throw new Error(backend.broken)
  const problem = await discoveryProblem(backend, discoveryPath(spec))
  if (problem !== undefined)
    return { availability: { status: 'False', reason: 'FailedDiscoveryCheck', message: problem }, retry: true }
  return { availability: { status: 'True', reason: 'Passed', message: 'all checks passed' }, retry: false }
}

const failed = (reason: string, message: string): Checked => ({
  availability: { status: 'False', reason, message },
  retry: false,
})

/** A path that every server of a group version answers. */
export const discoveryPath = ({ group = '', version = '' }: APIService['spec']): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`

/** Asks several times at once: one good answer is enough, else the last failure is told. */
async function discoveryProblem(backend: Backend, path: string): Promise<string | undefined> {
  let last = ''
  try {
    await Promise.any(
      Array.from({ length: attempts }, () =>
        probe(backend, path).catch((error: Error) => {
          last = error.message
          throw error
        }),
      ),
    )
    return undefined
  } catch {
    return last
  }
}

async function probe(backend: Backend, path: string): Promise<void> {
  const url = `https://${hostOf(backend.locate())}${path}`
  const missing = `failing or missing response from ${url}`
  let status: number
  try {
    status = await backend.status(path, { user: prober, timeoutMs: probeTimeoutMs, maxBytes: 0 })
  } catch (error) {
    throw new Error(`${missing}: Get ${JSON.stringify(url)}: ${(error as Error).message}`)
  }
  if (status < 200 || status >= 300) throw new Error(`${missing}: bad status from ${url}: ${status}`)
}
