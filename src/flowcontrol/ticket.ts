import type { RequestInfo, UserInfo } from '../http/index.js'
import type { Flow } from './flow.js'
import type { Queue } from './queue.js'
import type { SeatSeconds } from './seat-seconds.js'
import type { WorkEstimate } from './work-estimate.js'

/** Lingering: the request has been served, its seats are held a little longer. */
export type TicketState = 'new' | 'waiting' | 'executing' | 'lingering' | 'done' | 'refused'

/** One request on its way through a priority level. */
export class Ticket {
  state: TicketState = 'new'
  /** Milliseconds of the flow clock. */
  startedAt = 0
  arrivalR: SeatSeconds = 0
  totalWork: SeatSeconds = 0
  /** Seats it is charged with as long as it waits or executes. */
  seats = 0
  additionalLatencyMs = 0
  queue: Queue | undefined = undefined
  /** Called once if the request waited and may now execute. */
  onStart: (() => void) | undefined = undefined
  /** Neighbours in the list that the ticket is in. */
  previous: Ticket | undefined = undefined
  next: Ticket | undefined = undefined

  constructor(
    readonly flow: Flow,
    readonly estimate: WorkEstimate,
    readonly arrivedAt: number,
    readonly user: UserInfo,
    readonly info: RequestInfo,
  ) {}
}

/** Tickets in the order they came, any of which may leave. A ticket is in one list at a time. */
export class TicketList {
  first: Ticket | undefined = undefined
  #last: Ticket | undefined = undefined
  length = 0

  push(ticket: Ticket): void {
    ticket.previous = this.#last
    ticket.next = undefined
    if (this.#last === undefined) this.first = ticket
    else this.#last.next = ticket
    this.#last = ticket
    this.length++
  }

  remove(ticket: Ticket): void {
    const { previous, next } = ticket
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    ticket.previous = ticket.next = undefined
    this.length--
  }

  *[Symbol.iterator](): Generator<Ticket> {
    for (let ticket = this.first; ticket !== undefined; ticket = ticket.next) yield ticket
  }
}
