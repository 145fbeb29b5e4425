import { ApiError, FieldErrors, internalError, invalid, type KubeObject } from '../../../api/index.js'
import {
  isLoadBalancer,
  needsHealthCheck,
  nodePortsOf,
  type ServicePort,
  type ServiceSpec,
  serviceSpec,
  usesNodePorts,
} from '../service-types.js'
import { type PortBitmap, portRangeText } from './port-bitmap.js'

export interface PortChoice {
  readonly bitmap: PortBitmap
  readonly random: (below: number) => number
  readonly dryRun: boolean
}

/** A port that was chosen, and not asked for: where it stands. */
export type ChosenPort = 'healthCheck' | ServicePort

/**
 * Fills in the node ports that a new service needs, in place, and checks those it names. Ports with one number and several
 * protocols share a node port. Throws ApiError: Invalid, InternalError.
 * Source: pkg/registry/core/service/storage/alloc.go, initNodePorts.
 */
export function assignPorts(service: KubeObject, choice: PortChoice): ChosenPort[] {
  const spec = serviceSpec(service)
  const taking = new Taking(choice)
  const chosen: ChosenPort[] = []
  const ports = usesNodePorts(spec) ? (spec.ports ?? []) : []
  const shared = new Map<number, { readonly nodePort: number; readonly asked: boolean }>()
  ports.forEach((port, i) => {
    if (!port.nodePort && !allocates(spec)) return
    const number = port.port ?? 0
    const known = shared.get(number)
    if (known === undefined) {
      const asked = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort
      if (asked === undefined) {
        port.nodePort = taking.next('failed to allocate a nodePort')
        chosen.push(port)
      } else {
        taking.take(asked, (why) => refusedPort(service, i, asked, why))
        port.nodePort = asked
      }
      shared.set(number, { nodePort: port.nodePort, asked: asked !== undefined })
    } else if (!port.nodePort) {
      port.nodePort = known.nodePort
      if (!known.asked) chosen.push(port)
    } else if (port.nodePort !== known.nodePort) {
      const asked = port.nodePort
      taking.take(asked, (why) => refusedPort(service, i, asked, why))
    }
  })
  if (needsHealthCheck(spec) && assignHealthCheck(spec, taking)) chosen.push('healthCheck')
  return chosen
}

/** The same for a changed service: what it had already stays its own. Source: updateNodePorts, updateHealthCheckNodePort. */
export function reassignPorts(service: KubeObject, old: Readonly<ServiceSpec>, choice: PortChoice): void {
  const spec = serviceSpec(service)
  const taking = new Taking(choice)
  const own = new Set(nodePortsOf(old))
  const seen = new Set<string>()
  const ports = usesNodePorts(spec) ? (spec.ports ?? []) : []
  ports.forEach((port, i) => {
    if (!port.nodePort && !allocates(spec)) return
    if (!port.nodePort) port.nodePort = taking.next('failed to allocate a nodePort')
    else if (!own.has(port.nodePort)) {
      const asked = port.nodePort
      taking.take(asked, (why) => refusedPort(service, i, asked, why))
      own.add(asked)
    }
    const pair = `{${port.protocol} ${port.nodePort}}`
    if (seen.has(pair)) throw new ApiError('', `duplicate nodePort: ${pair}`)
    seen.add(pair)
  })
  if (!needsHealthCheck(old) && needsHealthCheck(spec)) assignHealthCheck(spec, taking)
}

/**
 * Whoever commits first has a port: the others choose again, or are refused if they had asked for it. Ports that shared the
 * lost one share the new one.
 */
export function choosePortsAgain(service: KubeObject, chosen: readonly ChosenPort[], choice: PortChoice): void {
  const spec = serviceSpec(service)
  const { bitmap } = choice
  spec.ports?.forEach((port, i) => {
    if (port.nodePort && bitmap.has(port.nodePort) && !chosen.includes(port)) {
      throw refusedPort(service, i, port.nodePort, portTaken)
    }
  })
  const health = needsHealthCheck(spec) && !chosen.includes('healthCheck') ? (spec.healthCheckNodePort ?? 0) : 0
  if (bitmap.has(health)) throw refusedHealthCheck(health, portTaken)
  const taking = new Taking(choice)
  const moved = new Map<number, number>()
  const again = (port: number): number => {
    const known = moved.get(port)
    const next = known ?? (bitmap.has(port) ? taking.next('failed to allocate a nodePort') : port)
    moved.set(port, next)
    return next
  }
  for (const place of chosen) {
    if (place === 'healthCheck') spec.healthCheckNodePort = again(spec.healthCheckNodePort ?? 0)
    else if (place.nodePort) place.nodePort = again(place.nodePort)
  }
}

const refusedHealthCheck = (port: number, why: string): ApiError =>
  internalError(`failed to allocate requested HealthCheck NodePort ${port}: ${why}`)

function refusedPort(service: KubeObject, i: number, port: number, why: string): ApiError {
  const errors = new FieldErrors()
  errors.invalid(`spec.ports[${i}].nodePort`, port, why)
  return invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors)
}

/** @returns whether the port was chosen here */
function assignHealthCheck(spec: ServiceSpec, taking: Taking): boolean {
  const asked = spec.healthCheckNodePort
  if (asked) {
    taking.take(asked, (why) => refusedHealthCheck(asked, why))
    return false
  }
  spec.healthCheckNodePort = taking.next('failed to allocate a HealthCheck NodePort 0')
  return true
}

const allocates = (spec: ServiceSpec): boolean =>
  spec.type === 'NodePort' || (isLoadBalancer(spec) && spec.allocateLoadBalancerNodePorts === true)

const portTaken = 'provided port is already allocated'

/** The ports that one service takes. A dry run looks, and makes up numbers behind all ranges, as upstream does. */
class Taking {
  readonly #dry: number[] = []

  constructor(readonly choice: PortChoice) {}

  take(port: number, refuse: (why: string) => ApiError): void {
    const { bitmap, dryRun } = this.choice
    if (!dryRun && !bitmap.contains(port)) {
      const why = `provided port is not in the valid range. The range of valid ports is ${portRangeText(bitmap.range)}`
      throw refuse(why)
    }
    if (bitmap.has(port) || this.#dry.includes(port)) throw refuse(portTaken)
    if (dryRun) this.#dry.push(port)
    else bitmap.takeAll([port])
  }

  next(failure: string): number {
    const { bitmap, random, dryRun } = this.choice
    if (dryRun) {
      const made = Math.max(0, ...this.#dry)
      this.#dry.push((this.#dry.length === 0 ? firstMadeUp : made) + 1)
      return this.#dry.at(-1)!
    }
    const port = bitmap.next(random)
    if (port === undefined) throw internalError(`${failure}: range is full`)
    bitmap.takeAll([port])
    return port
  }
}

const firstMadeUp = 32768
