import type { KubeObject } from '../../api/index.js'
import { conditionStatus, orNone, type PrintOptions, since } from './format.js'
import { ageColumn, definitionOf, nameColumn, type RowCondition, type TableColumns } from './table-columns.js'

const completed = (reason: string, message: string): readonly RowCondition[] => [
  { type: 'Completed', status: 'True', reason, message },
]
const succeeded = completed('Succeeded', 'The pod has completed successfully.')
const failed = completed('Failed', 'The pod failed.')

export const pod: TableColumns = {
  definitions: [
    nameColumn,
    { name: 'Ready', description: 'Containers that are ready, of all that run beside each other.' },
    { name: 'Status', description: 'What the containers, taken together, are doing.' },
    { name: 'Restarts', description: 'How often containers were restarted, and when the last time.' },
    ageColumn,
    { name: 'IP', wide: true, description: 'The first address of the pod.' } as const,
    { name: 'Node', wide: true, description: 'The node the pod is bound to.' } as const,
    { name: 'Nominated Node', wide: true, description: 'The node on which room is being made for the pod.' } as const,
    { name: 'Readiness Gates', wide: true, description: 'Readiness gates that are true, of all.' } as const,
  ].map(definitionOf),
  cells: (object, options) => {
    const { ready, total, reason, restarts } = summarize(object, options)
    const { spec = {}, status = {} } = object
    return [
      object.metadata.name ?? '',
      `${ready}/${total}`,
      reason,
      restarts,
      since(object.metadata.creationTimestamp, options.now),
      orNone(status.podIPs?.[0]?.ip),
      orNone(spec.nodeName),
      orNone(status.nominatedNodeName),
      readinessGates(object),
    ]
  },
  conditions: ({ status }) =>
    status?.phase === 'Succeeded' ? succeeded : status?.phase === 'Failed' ? failed : undefined,
}

function readinessGates({ spec, status }: KubeObject): string {
  const gates: { conditionType: string }[] = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const open = gates.filter((gate) => conditionStatus(status?.conditions, gate.conditionType) === 'True')
  return `${open.length}/${gates.length}`
}

interface ContainerState {
  readonly waiting?: { reason?: string }
  readonly running?: object
  readonly terminated?: { exitCode?: number; signal?: number; reason?: string; finishedAt?: string }
}

interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

/** Counts restarts and keeps the time of the last one. */
class Restarts {
  #count = 0
  #last: string | undefined

  add({ restartCount, lastState }: ContainerStatus): void {
    this.#count += restartCount ?? 0
    const finished = lastState?.terminated?.finishedAt
    if (finished && (this.#last === undefined || Date.parse(finished) > Date.parse(this.#last))) this.#last = finished
  }

  text(now: number): string {
    if (this.#count === 0 || this.#last === undefined) return String(this.#count)
    return `${this.#count} (${since(this.#last, now)} ago)`
  }
}

interface Summary {
  readonly ready: number
  readonly total: number
  readonly reason: string
  readonly restarts: string
}

/**
 * The states of all containers in one word: that of an init container which is not done, else that of the first container
 * which has something to tell. Source: kubernetes pkg/printers/internalversion, printPod.
 */
function summarize(object: KubeObject, { now }: PrintOptions): Summary {
  const { spec = {}, status = {}, metadata } = object
  const initContainers: { name: string; restartPolicy?: string }[] = spec.initContainers ?? []
  const sidecars = new Set(initContainers.filter((c) => c.restartPolicy === 'Always').map(({ name }) => name))
  const total = (spec.containers?.length ?? 0) + initContainers.filter((c) => c.restartPolicy === 'Always').length

  let reason: string = status.reason || (status.phase ?? '')
  for (const condition of status.conditions ?? []) {
    if (condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated') reason = 'SchedulingGated'
  }

  const init = initialize(status.initContainerStatuses ?? [], sidecars, initContainers.length)
  let { ready, restarts } = init
  if (init.reason !== undefined) reason = init.reason
  if (init.reason === undefined || conditionStatus(status.conditions, 'Initialized') === 'True') {
    restarts = init.sidecarRestarts
    const running = run(status.containerStatuses ?? [], restarts)
    ready += running.ready
    reason = running.reason ?? reason
    if (reason === 'Completed') {
      if (running.anyRunning && conditionStatus(status.conditions, 'Ready') === 'True') reason = 'Running'
      else if (running.error !== undefined) reason = running.error
      else if (running.anyRunning) reason = 'NotReady'
    }
  }

  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') reason = 'Unknown'
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') reason = 'Terminating'
  }
  return { ready, total, reason, restarts: restarts.text(now) }
}

/** Up to the first init container that is not done; `reason` is undefined if all are. */
function initialize(statuses: readonly ContainerStatus[], sidecars: ReadonlySet<string>, count: number) {
  const restarts = new Restarts()
  const sidecarRestarts = new Restarts()
  let ready = 0
  let reason: string | undefined
  for (const [i, container] of statuses.entries()) {
    restarts.add(container)
    const isSidecar = sidecars.has(container.name)
    if (isSidecar) sidecarRestarts.add(container)
    const { terminated, waiting } = container.state ?? {}
    if (terminated !== undefined && (terminated.exitCode ?? 0) === 0) continue
    if (isSidecar && container.started === true) {
      if (container.ready) ready++
      continue
    }
    if (terminated !== undefined) reason = `Init:${ending(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') reason = `Init:${waiting.reason}`
    else reason = `Init:${i}/${count}`
    break
  }
  return { restarts, sidecarRestarts, ready, reason }
}

/** The containers proper. The first one that waits or has ended gives the reason. */
function run(statuses: readonly ContainerStatus[], restarts: Restarts) {
  let ready = 0
  let anyRunning = false
  let reason: string | undefined
  let error: string | undefined
  for (const container of [...statuses].reverse()) {
    restarts.add(container)
    const { terminated, waiting, running } = container.state ?? {}
    if (waiting?.reason) reason = waiting.reason
    else if (terminated !== undefined) {
      reason = ending(terminated)
      if ((terminated.exitCode ?? 0) !== 0) error = reason
    } else if (container.ready && running !== undefined) {
      anyRunning = true
      ready++
    }
  }
  return { ready, anyRunning, reason, error }
}

function ending({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string {
  if (reason) return reason
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`
}
