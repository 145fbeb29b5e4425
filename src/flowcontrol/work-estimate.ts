/** What a request will take. Source: apiserver pkg/util/flowcontrol/request. */
export interface WorkEstimate {
  /** While it is served. */
  readonly initialSeats: number
  /** Afterwards, for the work that it leaves to others: telling watchers. */
  readonly finalSeats: number
  /** How long the final seats are held. The client does not wait for it. */
  readonly additionalLatencyMs: number
}

export const oneSeat: WorkEstimate = Object.freeze({ initialSeats: 1, finalSeats: 0, additionalLatencyMs: 0 })

export const seats = (initialSeats: number): WorkEstimate =>
  initialSeats === 1 ? oneSeat : { initialSeats, finalSeats: 0, additionalLatencyMs: 0 }
