import type { FlowController } from './controller.js'
import type { PriorityLevel } from './priority-level.js'
import { printSeatSeconds } from './seat-seconds.js'
import { alignColumns } from './tab-writer.js'
import type { Ticket } from './ticket.js'

/** Source of the pages: apiserver pkg/util/flowcontrol/apf_controller_debug.go. */

const levelColumns = [
  ...['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests'],
  ...['DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'],
]
const queueColumns = [
  ...['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR'],
  ...['InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum'],
]
const requestColumns = [
  ...['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime'],
  ...['InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime'],
]
const detailColumns = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource']

/** A line for every priority level. */
export function dumpPriorityLevels({ levels }: FlowController): string {
  return table(
    levelColumns,
    levels.map(({ name, isQuiescing, queueSet }) => [
      name,
      queueSet.queues.filter(({ waiting }) => waiting.length > 0).length,
      queueSet.isIdle,
      isQuiescing,
      queueSet.waiting,
      queueSet.executing,
      queueSet.dispatched,
      queueSet.refused,
      0,
      queueSet.cancelled,
    ]),
  )
}

/** A line for every queue of every level, at most so many for one. */
export function dumpQueues({ levels }: FlowController): string {
  return table(queueColumns, levels.flatMap(queueRows))
}

const mostQueues = 10_000

function queueRows({ name, queuing, queueSet }: PriorityLevel): Cell[][] {
  const used = new Map(queueSet.queues.map((queue) => [queue.index, queue]))
  const rows: Cell[][] = []
  for (let i = 0; i < Math.min(queuing.queues, mostQueues); i++) {
    const queue = used.get(i)
    rows.push([
      name,
      i,
      queue?.waiting.length ?? 0,
      queue?.executing.length ?? 0,
      queue?.seatsInUse ?? 0,
      printSeatSeconds(Math.max(0, queue?.nextDispatchR ?? 0)),
      queue?.initialSeats ?? 0,
      queue?.seats ?? 0,
      printSeatSeconds(queue?.work ?? 0),
    ])
  }
  return rows
}

/**
 * A line for every request that waits or executes.
 *
 * @param now wall clock, milliseconds, at the controller's own time of now
 */
export function dumpRequests(controller: FlowController, details: boolean, now: number): string {
  const offset = now - controller.now()
  const rows: Cell[][] = []
  const add = (level: string, queue: number, index: number, ticket: Ticket): void => {
    const { flow, arrivedAt, startedAt, estimate, additionalLatencyMs, user, info } = ticket
    const row = [
      ...[level, flow.schema.name, queue, index, flow.distinguisher, time(arrivedAt + offset)],
      ...[estimate.initialSeats, estimate.finalSeats, duration(additionalLatencyMs)],
      ticket.state === 'waiting' ? '0001-01-01T00:00:00Z' : time(startedAt + offset),
    ]
    const version = info.apiGroup === '' ? info.apiVersion : `${info.apiGroup}/${info.apiVersion}`
    const { verb, path, namespace, name, resource, subresource } = info
    rows.push(details ? [...row, user.name, verb, path, namespace, name, version, resource, subresource] : row)
  }
  for (const { name, queueSet } of controller.levels) {
    for (const queue of queueSet.queues) {
      let index = 0
      for (const ticket of queue.waiting) add(name, queue.index, index++, ticket)
      for (const ticket of queue.executing) add(name, queue.index, -1, ticket)
    }
    for (const ticket of queueSet.queueless) add(name, -1, -1, ticket)
  }
  return table(details ? [...requestColumns, ...detailColumns] : requestColumns, rows)
}

type Cell = string | number | boolean

const table = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  alignColumns(
    [columns, ...rows].map((row) => row.map((cell, i) => (i === row.length - 1 ? String(cell) : `${cell},`))),
  )

/** RFC 3339, with as much of the fraction as there is. */
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')

const duration = (ms: number): string => (ms === 0 ? '0s' : ms < 1000 ? `${ms}ms` : `${ms / 1000}s`)
