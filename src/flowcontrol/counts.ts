/** Where what happens goes that is more than a number: histograms. Values are seconds, seats or numbers. */
export interface FlowObserver {
  waited(seconds: number, executed: boolean): void
  executed(seconds: number, watch: boolean): void
  seats(estimated: number): void
  watchers(count: number): void
  queueLength(requests: number): void
}

/** Why a request was refused, in upstream's words. */
export type Refusal = 'concurrency-limit' | 'queue-full' | 'time-out'

/** What is counted for a flow schema within a priority level: plain numbers, read when somebody asks. */
export class FlowCounts {
  waitingRequests = 0
  waitingSeats = 0
  executingRequests = 0
  executingSeats = 0
  dispatched = 0
  /** A request that was next could not be dispatched for want of seats. */
  notAccommodated = 0
  readonly refused: Record<Refusal, number> = { 'concurrency-limit': 0, 'queue-full': 0, 'time-out': 0 }

  constructor(
    readonly level: string,
    readonly schema: string,
    readonly observer: FlowObserver,
  ) {}
}
