/**
 * Work: seats times the time they are held, in units of ten nanoseconds of one seat, always whole numbers. Sums stay exact up
 * to 2^53 of them, which is why virtual time starts over long before that.
 * Source: apiserver pkg/util/flowcontrol/request/seat_seconds.go.
 */
export type SeatSeconds = number

const perMillisecond = 1e5
const perSecond = 1e8

export const seatSeconds = (seats: number, ms: number): SeatSeconds => Math.round(seats * ms * perMillisecond)

/** Milliseconds that this work takes with so many seats. */
export const msPerSeat = (work: SeatSeconds, seats: number): number => work / seats / perMillisecond

/** In seconds of one seat, as metrics tell it. */
export const toSeconds = (work: SeatSeconds): number => work / perSecond

/** `1.50000000ss`, as upstream prints it. */
export function printSeatSeconds(work: SeatSeconds): string {
  const whole = Math.floor(work / perSecond)
  return `${whole}.${String(work - whole * perSecond).padStart(8, '0')}ss`
}
