import { child, index, key, parseQuantity, quote } from '../../../api/index.js'
import { forEachContainer } from './containers.js'
import type { ContainerPort, EnvVar, PodSpec } from './types.js'

/** Variables that hide an earlier one of the same name, unless they build on it. */
export function environmentWarnings(vars: readonly EnvVar[], path: string, warnings: string[]): void {
  const seen = new Set<string>()
  vars.forEach(({ name = '', value = '', valueFrom }, i) => {
    const reference = `$(${name})`
    if (!seen.has(name)) seen.add(name)
    else if (valueFrom || value === reference || !value.includes(reference)) {
      const text = `hides previous definition of ${quote(name)}, which may be dropped when using apply`
      warnings.push(`${index(path, i)}: ${text}`)
    }
  })
}

/** Amounts of bytes that are no whole number. */
export function fractionWarnings(
  list: Readonly<Record<string, string>> | undefined,
  path: string,
  name: string,
  warnings: string[],
): void {
  const text = list?.[name]
  if (text === undefined || parseQuantity(text).isWhole) return
  warnings.push(`${key(path, name)}: fractional byte value ${quote(text)} is invalid, must be an integer`)
}

interface Seen {
  readonly path: string
  readonly port: ContainerPort
}

/** Ports of a pod that get in each other's way. */
export function portWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const byNumber = new Map<string, Seen[]>()
  forEachContainer(spec, path, ({ ports }, containerPath) => {
    ports?.forEach((port, i) => {
      const at = index(child(containerPath, 'ports'), i)
      const { containerPort = 0, protocol = '', hostIP, hostPort } = port
      if (hostIP && !hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goPort(port)}`)
      const own = `${containerPort}/${protocol}`
      const others = byNumber.get(own) ?? []
      for (const other of others) {
        const text = conflict(port, other.port)
        if (text !== undefined) warnings.push(`${at}: ${text} port definition with ${other.path}`)
      }
      if (others.length === 0) byNumber.set(own, others)
      others.push({ path: at, port })
    })
  })
  const names = new Map<string, string>()
  forEachContainer(spec, path, ({ ports }, containerPath) => {
    ports?.forEach(({ name }, i) => {
      if (!name) return
      const at = index(child(containerPath, 'ports'), i)
      const other = names.get(name)
      if (other === undefined) names.set(name, at)
      else {
        const text = `duplicate port name ${quote(name)} with ${other}, services and probes that select ports by name will use ${other}`
        warnings.push(`${at}: ${text}`)
      }
    })
  })
}

/** For two definitions of one port and protocol. */
function conflict(a: ContainerPort, b: ContainerPort): string | undefined {
  const samePort = (a.hostPort ?? 0) === (b.hostPort ?? 0)
  if (samePort && (a.hostIP ?? '') === (b.hostIP ?? '')) return 'duplicate'
  if (!a.hostPort || !b.hostPort) return 'overlapping'
  return samePort && !a.hostIP !== !b.hostIP ? 'dangerously ambiguous' : undefined
}

/** Go's %+v. */
const goPort = ({ name = '', hostPort = 0, containerPort = 0, protocol = '', hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
