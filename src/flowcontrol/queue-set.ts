import type { RequestInfo, UserInfo } from '../http/index.js'
import type { Refusal } from './counts.js'
import type { Flow } from './flow.js'
import { Integrator } from './integrator.js'
import { Queue } from './queue.js'
import { msPerSeat, type SeatSeconds, seatSeconds } from './seat-seconds.js'
import { Ticket, TicketList } from './ticket.js'
import type { WorkEstimate } from './work-estimate.js'

/** How requests of a level wait. `queues` 0: they do not, what finds no seat is refused; -1: there is no limit. */
export interface Queuing {
  readonly queues: number
  readonly handSize: number
  readonly queueLengthLimit: number
}

/** Where a level's ups and downs go: numbers that are measured by how long they last. */
export interface LevelObserver {
  /** Times are milliseconds of the flow clock. */
  changed(now: number, waiting: number, executing: number, seatsInUse: number, seatDemand: number): void
  /** What the numbers above are parts of. */
  limits(now: number, waiting: number, seats: number): void
}

/** What dispatching last looked like, for metrics. */
export interface DispatchFacts {
  readonly currentR: SeatSeconds
  readonly latestS: SeatSeconds
  readonly nextS: readonly [min: SeatSeconds, max: SeatSeconds]
  readonly discountedS: readonly [min: SeatSeconds, max: SeatSeconds]
}

/** What a request is charged with before its time is known, milliseconds. */
const estimatedServiceMs = 3
/** Virtual time is wound back by half of this when it gets here: it stays a whole number that is exact. */
const highR: SeatSeconds = 2 ** 52
/** Requests that may end their waiting in one turn of the event loop: less than a millisecond of work that is done at once. */
const perTurn = 8
/** Idle queues beyond so many are forgotten. */
const keptQueues = 1024

/**
 * Fair queuing for one priority level. Requests of a flow wait in the shortest of the flow's queues; whenever seats are free,
 * the queue goes next whose next request would be finished first if all queues were served at once, seat by seat. What a
 * request took beyond its estimate is charged to its queue when it ends. Where nobody waits and a seat is free, a request is
 * let in without touching a queue's list.
 *
 * Source: apiserver pkg/util/flowcontrol/fairqueuing/queueset. Virtual time advances by the seats in use, where upstream takes
 * those that could be in use: the same while seats are never left free. The number of active queues and their seats are kept, not
 * summed up again at every event, and queues are made when first used.
 */
export class QueueSet {
  readonly #queues = new Map<number, Queue>()
  /** Queues in which requests wait, in no order. */
  readonly #backlog: Queue[] = []
  /** What executes without having been in a queue. */
  readonly #queueless = new TicketList()
  #queuing: Queuing = { queues: 0, handSize: 0, queueLengthLimit: 0 }
  #limit = 0
  #currentR: SeatSeconds = 0
  #syncedAt: number
  #robin = -1
  #enqueued = 0
  #activeQueues = 0
  /** Held by what came from queues: those requests drive virtual time. */
  #seatsOfQueues = 0
  #onIdle: (() => void) | undefined
  #dispatchedInTurn = 0

  readonly demand: Integrator
  waiting = 0
  executing = 0
  seatsInUse = 0
  seatsWaiting = 0
  dispatched = 0
  refused = 0
  cancelled = 0
  epochs = 0
  lastDispatch: DispatchFacts | undefined

  /**
   * @param after calls back once after so many milliseconds, with the time
   * @param turn calls back once in the next turn of the event loop, with the time; undefined: there are none
   */
  constructor(
    now: number,
    readonly after: (ms: number, callback: (now: number) => void) => void,
    readonly observer: LevelObserver,
    readonly turn?: (callback: (now: number) => void) => void,
  ) {
    this.#syncedAt = now
    this.demand = new Integrator(now)
  }

  get isIdle(): boolean {
    return this.waiting === 0 && this.executing === 0
  }

  get currentR(): SeatSeconds {
    return this.#currentR
  }

  get limit(): number {
    return this.#limit
  }

  get queuing(): Queuing {
    return this.#queuing
  }

  /** Called whenever nothing waits or executes any more; undefined: nobody is interested. */
  set onIdle(callback: (() => void) | undefined) {
    this.#onIdle = callback
  }

  /** Queues that hold something, by number, and what executes without a queue: for dumps. */
  get queues(): readonly Queue[] {
    return [...this.#queues.values()].sort((a, b) => a.index - b.index)
  }

  get queueless(): Iterable<Ticket> {
    return this.#queueless
  }

  /** Takes over a configuration; what waits beyond it is served nevertheless. */
  configure(queuing: Queuing, now: number): void {
    this.#sync(now)
    this.#queuing = queuing
    for (const queue of this.#queues.values()) this.#forgetIfIdle(queue)
  }

  /** Sets how many seats there are. @param denominator what metrics take shares of */
  setLimit(seats: number, denominator: number, now: number): void {
    this.#sync(now)
    this.#limit = seats
    const { queues, queueLengthLimit } = this.#queuing
    this.observer.limits(now, Math.max(1, queueLengthLimit) * Math.max(1, queues), denominator)
    this.#dispatchAll(now)
  }

  /** Lets a request in, lets it wait, or refuses it: look at the ticket's state. */
  start(flow: Flow, estimate: WorkEstimate, now: number, user: UserInfo, info: RequestInfo): Ticket {
    this.#sync(now)
    const ticket = new Ticket(flow, estimate, now, user, info)
    const { initialSeats, finalSeats, additionalLatencyMs } = estimate
    ticket.seats = Math.max(initialSeats, finalSeats)
    ticket.additionalLatencyMs = additionalLatencyMs
    ticket.arrivalR = this.#currentR
    if (this.#queuing.queues < 1) {
      if (!this.#hasRoom(ticket.seats)) return this.#refuse(ticket, 'concurrency-limit')
      this.#execute(ticket, now)
      this.#queueless.push(ticket)
      this.#changed(now)
      return ticket
    }
    ticket.totalWork = seatSeconds(initialSeats, estimatedServiceMs)
    if (finalSeats > 0) ticket.totalWork += seatSeconds(finalSeats, additionalLatencyMs)
    const queue = this.#chooseQueue(flow.hand)
    ticket.queue = queue
    if (this.seatsInUse >= this.#limit && queue.waiting.length >= this.#queuing.queueLengthLimit)
      return this.#refuse(ticket, 'queue-full')
    if (!queue.isActive || (queue.waiting.length === 0 && queue.nextDispatchR < this.#currentR))
      queue.nextDispatchR = this.#currentR
    flow.schema.counts.observer.queueLength(queue.waiting.length + 1)
    if (this.waiting === 0 && this.seatsInUse < this.#limit && this.#hasRoom(ticket.seats)) {
      this.#fit(ticket)
      this.#dispatch(queue, ticket, now)
    } else {
      this.#enqueue(queue, ticket)
      this.#dispatchAll(now)
    }
    this.#changed(now)
    return ticket
  }

  /** To be called once for a ticket that executes. */
  finish(ticket: Ticket, now: number): void {
    if (ticket.state !== 'executing') return
    this.#sync(now)
    const { queue, flow, estimate } = ticket
    this.executing--
    flow.schema.counts.executingRequests--
    if (queue === undefined) this.#queueless.remove(ticket)
    else {
      const wasActive = queue.isActive
      queue.executing.remove(ticket)
      if (wasActive && !queue.isActive) this.#activeQueues--
      // The queue was charged with an estimate; now the time is known.
      const took = now - ticket.startedAt
      queue.nextDispatchR -= seatSeconds(estimate.initialSeats, estimatedServiceMs - took)
      this.#bound(queue)
    }
    if (ticket.additionalLatencyMs > 0) {
      ticket.state = 'lingering'
      this.after(ticket.additionalLatencyMs, (later) => {
        this.#sync(later)
        this.#release(ticket)
        this.#dispatchAll(later)
        this.#changed(later)
      })
    } else this.#release(ticket)
    this.#dispatchAll(now)
    this.#changed(now)
    if (this.#onIdle !== undefined && this.isIdle) this.#onIdle()
  }

  /** Takes a ticket out that waits, because its time is up or its client has gone. */
  cancel(ticket: Ticket, now: number): void {
    const { queue } = ticket
    if (ticket.state !== 'waiting' || queue === undefined) return
    this.#sync(now)
    this.#dequeue(queue, ticket)
    if (!queue.isActive) this.#activeQueues--
    this.#bound(queue)
    this.cancelled++
    this.#refuse(ticket, 'time-out')
    this.#forgetIfIdle(queue)
    // What is next now may need fewer seats than the one that has gone.
    this.#dispatchAll(now)
    this.#changed(now)
    if (this.#onIdle !== undefined && this.isIdle) this.#onIdle()
  }

  /** The queue of the hand with the least work waiting; which is looked at first changes, so that flows spread. */
  #chooseQueue(hand: Uint32Array): Queue {
    const { length } = hand
    const offset = this.#enqueued++ % length
    let best: Queue | undefined
    for (let i = 0; i < length; i++) {
      const queue = this.#queueAt(hand[(offset + i) % length]!)
      if (queue.work === 0) return queue
      if (best === undefined || queue.work < best.work) best = queue
    }
    return best!
  }

  #queueAt(index: number): Queue {
    let queue = this.#queues.get(index)
    if (queue === undefined) {
      queue = new Queue(index)
      this.#queues.set(index, queue)
    }
    return queue
  }

  #hasRoom(seats: number): boolean {
    if (this.#queuing.queues < 0) return true
    // What is wider than the level goes alone.
    if (seats > this.#limit) return this.executing === 0
    return this.seatsInUse + seats <= this.#limit
  }

  /** More final seats than there are: as much work with fewer of them, which takes longer. */
  #fit(ticket: Ticket): void {
    const { initialSeats, finalSeats, additionalLatencyMs } = ticket.estimate
    if (finalSeats <= this.#limit || this.#limit <= 0) return
    ticket.additionalLatencyMs = msPerSeat(seatSeconds(finalSeats, additionalLatencyMs), this.#limit)
    ticket.seats = Math.max(initialSeats, this.#limit)
  }

  #enqueue(queue: Queue, ticket: Ticket): void {
    const { counts } = ticket.flow.schema
    if (!queue.isActive) this.#activeQueues++
    ticket.state = 'waiting'
    queue.waiting.push(ticket)
    queue.initialSeats += ticket.estimate.initialSeats
    queue.seats += ticket.seats
    queue.work += ticket.totalWork
    if (queue.backlogIndex < 0) queue.backlogIndex = this.#backlog.push(queue) - 1
    this.waiting++
    this.seatsWaiting += ticket.seats
    counts.waitingRequests++
    counts.waitingSeats += ticket.seats
  }

  /** The caller sees to the number of active queues. */
  #dequeue(queue: Queue, ticket: Ticket): void {
    const { counts } = ticket.flow.schema
    queue.waiting.remove(ticket)
    queue.initialSeats -= ticket.estimate.initialSeats
    queue.seats -= ticket.seats
    queue.work -= ticket.totalWork
    if (queue.waiting.length === 0) {
      const last = this.#backlog.pop()!
      if (last !== queue) {
        this.#backlog[queue.backlogIndex] = last
        last.backlogIndex = queue.backlogIndex
      }
      queue.backlogIndex = -1
    }
    this.waiting--
    this.seatsWaiting -= ticket.seats
    counts.waitingRequests--
    counts.waitingSeats -= ticket.seats
  }

  /** As many as there are seats for, but few in a turn: who comes in meanwhile is to have a fair chance. */
  #dispatchAll(now: number): void {
    while (this.waiting > 0 && this.seatsInUse < this.#limit && this.#dispatchedInTurn < perTurn)
      if (!this.#dispatchNext(now)) return
  }

  #countInTurn(): void {
    if (this.turn === undefined || ++this.#dispatchedInTurn > 1) return
    this.turn((now) => {
      this.#dispatchedInTurn = 0
      this.#sync(now)
      this.#dispatchAll(now)
      this.#changed(now)
    })
  }

  /** @returns whether there was room for the request whose turn it is */
  #dispatchNext(now: number): boolean {
    const queue = this.#nextQueue()
    const ticket = queue.waiting.first!
    if (!this.#hasRoom(ticket.seats)) {
      ticket.flow.schema.counts.notAccommodated++
      return false
    }
    this.#dequeue(queue, ticket)
    if (!queue.isActive) this.#activeQueues--
    this.#fit(ticket)
    this.#dispatch(queue, ticket, now)
    this.#bound(queue)
    this.#countInTurn()
    const { onStart } = ticket
    ticket.onStart = undefined
    onStart?.()
    return true
  }

  /** The one whose oldest request would be finished first in the virtual world; of equals, the next in turn. */
  #nextQueue(): Queue {
    const backlog = this.#backlog
    const count = Math.max(this.#queuing.queues, 1)
    let best = backlog[0]!
    let bestFinish = Number.POSITIVE_INFINITY
    let bestTurn = 0
    let minS = Number.POSITIVE_INFINITY
    let maxS = Number.NEGATIVE_INFINITY
    let minD = Number.POSITIVE_INFINITY
    let maxD = Number.NEGATIVE_INFINITY
    for (let i = 0; i < backlog.length; i++) {
      const queue = backlog[i]!
      const start = queue.nextDispatchR
      const discounted = start - seatSeconds(queue.seatsInUse, estimatedServiceMs)
      if (start < minS) minS = start
      if (start > maxS) maxS = start
      if (discounted < minD) minD = discounted
      if (discounted > maxD) maxD = discounted
      const finish = start + queue.waiting.first!.totalWork
      if (finish > bestFinish) continue
      const turn = (queue.index - this.#robin - 1 + 2 * count) % count
      if (finish === bestFinish && turn >= bestTurn) continue
      best = queue
      bestFinish = finish
      bestTurn = turn
    }
    this.lastDispatch = {
      currentR: this.#currentR,
      latestS: best.nextDispatchR,
      nextS: [minS, maxS],
      discountedS: [minD, maxD],
    }
    return best
  }

  #dispatch(queue: Queue, ticket: Ticket, now: number): void {
    this.#robin = queue.index
    if (!queue.isActive) this.#activeQueues++
    queue.executing.push(ticket)
    queue.seatsInUse += ticket.seats
    this.#seatsOfQueues += ticket.seats
    queue.nextDispatchR += ticket.totalWork
    this.#execute(ticket, now)
  }

  #execute(ticket: Ticket, now: number): void {
    const { counts } = ticket.flow.schema
    ticket.state = 'executing'
    ticket.startedAt = now
    this.executing++
    this.dispatched++
    this.seatsInUse += ticket.seats
    counts.dispatched++
    counts.executingRequests++
    counts.executingSeats += ticket.seats
  }

  #release(ticket: Ticket): void {
    const { queue, seats, flow } = ticket
    ticket.state = 'done'
    this.seatsInUse -= seats
    flow.schema.counts.executingSeats -= seats
    if (queue === undefined) return
    queue.seatsInUse -= seats
    this.#seatsOfQueues -= seats
    this.#forgetIfIdle(queue)
  }

  #refuse(ticket: Ticket, why: Refusal): Ticket {
    ticket.state = 'refused'
    this.refused++
    ticket.flow.schema.counts.refused[why]++
    return ticket
  }

  /** A queue that does not use its share must not save it up: nothing is dispatched before it arrived. */
  #bound(queue: Queue): void {
    const oldest = queue.waiting.first
    if (oldest !== undefined && queue.nextDispatchR < oldest.arrivalR) queue.nextDispatchR = oldest.arrivalR
  }

  #forgetIfIdle(queue: Queue): void {
    if (queue.isActive || queue.seatsInUse > 0) return
    if (queue.index >= this.#queuing.queues || this.#queues.size > keptQueues) this.#queues.delete(queue.index)
  }

  /** Lets virtual time catch up, at the rate that has held since it last did. To be called before anything changes. */
  #sync(now: number): void {
    const passed = now - this.#syncedAt
    this.#syncedAt = now
    if (this.#activeQueues === 0 || passed <= 0) return
    this.#currentR += seatSeconds(this.#seatsOfQueues / this.#activeQueues, passed)
    if (this.#currentR >= highR) this.#windBack(highR / 2)
  }

  #windBack(by: SeatSeconds): void {
    this.epochs++
    this.#currentR -= by
    for (const queue of this.#queues.values()) {
      queue.nextDispatchR = queue.isActive ? queue.nextDispatchR - by : 0
      for (const ticket of queue.waiting) ticket.arrivalR -= by
    }
  }

  #changed(now: number): void {
    const demand = this.seatsInUse + this.seatsWaiting
    this.demand.set(demand, now)
    this.observer.changed(now, this.waiting, this.executing, this.seatsInUse, demand)
  }
}
