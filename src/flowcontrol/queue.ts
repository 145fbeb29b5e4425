import type { SeatSeconds } from './seat-seconds.js'
import { TicketList } from './ticket.js'

/** One of a level's queues: requests that wait in it, and those that it has sent on their way. */
export class Queue {
  readonly waiting = new TicketList()
  readonly executing = new TicketList()
  /** Of the waiting requests. */
  initialSeats = 0
  seats = 0
  work: SeatSeconds = 0
  /** Held by what was dispatched from here. */
  seatsInUse = 0
  /** Virtual time at which its next request is dispatched in the virtual world. */
  nextDispatchR: SeatSeconds = 0
  /** Place among the queues where requests wait; -1 if none waits here. */
  backlogIndex = -1

  constructor(readonly index: number) {}

  get isActive(): boolean {
    return this.waiting.length > 0 || this.executing.length > 0
  }
}
