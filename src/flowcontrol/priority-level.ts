import type { PriorityLevelSpec } from '../registry/index.js'
import type { Integral } from './integrator.js'
import type { QueueSet, Queuing } from './queue-set.js'

/** How much of its seats a level used and wanted, smoothed over minutes. */
export interface SeatDemand {
  average: number
  deviation: number
  highWatermark: number
  smoothed: number
}

/** How fast old demand is forgotten: by half in five minutes of adjustments every ten seconds. */
const smoothing = 0.977

/** A priority level in use, with what it may have, has, and wants. */
export class PriorityLevel {
  uid = ''
  spec: PriorityLevelSpec = {}
  queuing: Queuing = { queues: 0, handSize: 0, queueLengthLimit: 0 }
  /** No object asks for it any more; it is there until its last request is done. */
  isQuiescing = false
  /** Seats by its share, and the bounds of what lending and borrowing may make of them. */
  nominal = 0
  min = 0
  max = 0
  /** Seats it has now. */
  current = 0
  /** What it was to get when seats were last shared out. */
  target = 0
  /** Seats that a single request may be charged with; 0: not limited here. */
  maxSeats = 0
  readonly demand: SeatDemand = { average: 0, deviation: 0, highWatermark: 0, smoothed: 0 }

  constructor(
    readonly name: string,
    readonly queueSet: QueueSet,
  ) {}

  get isExempt(): boolean {
    return this.spec.type === 'Exempt'
  }

  get shares(): number {
    return (this.spec.limited ?? this.spec.exempt)?.nominalConcurrencyShares ?? 0
  }

  /** Seats that are the level's in any case, as far as it wants them. */
  get wanted(): number {
    const { highWatermark } = this.demand
    return Math.max(this.min, this.isExempt ? highWatermark : Math.min(this.nominal, highWatermark))
  }

  /** Works out the nominal seats and their bounds. @param shareSum of all levels */
  setNominal(serverSeats: number, shareSum: number): void {
    const { limited, exempt } = this.spec
    this.nominal = shareSum > 0 ? Math.ceil((serverSeats * this.shares) / shareSum) : 0
    const lendable = Math.round((this.nominal * ((limited ?? exempt)?.lendablePercent ?? 0)) / 100)
    const borrowing = limited?.borrowingLimitPercent
    this.min = this.nominal - lendable
    this.max = this.nominal + (borrowing === undefined ? serverSeats : Math.round((this.nominal * borrowing) / 100))
    const { queues, handSize } = this.queuing
    this.maxSeats =
      queues < 1 ? 0 : Math.max(1, Math.min(Math.ceil(this.nominal * 0.15), Math.floor(this.nominal / handSize)))
  }

  /** Takes in what demand was in the last period. */
  observe({ seconds, average, deviation, max }: Integral): void {
    const { demand } = this
    demand.highWatermark = Math.round(max)
    if (!(seconds > 0)) return
    demand.average = average
    demand.deviation = deviation
    const envelope = average + deviation
    demand.smoothed = Math.max(envelope, smoothing * demand.smoothed + (1 - smoothing) * envelope)
  }
}

/** How a level's requests wait; undefined if the spec cannot be worked with, as objects from elsewhere may be. */
export function queuingOf(name: string, { type, limited, exempt }: PriorityLevelSpec): Queuing | undefined {
  if ((type === 'Limited') !== Boolean(limited) || (type === 'Exempt') !== Boolean(exempt)) return undefined
  if ((type === 'Exempt') !== (name === 'exempt')) return undefined
  if (!limited) return { queues: -1, handSize: 0, queueLengthLimit: 0 }
  const { type: response, queuing } = limited.limitResponse ?? {}
  if ((response === 'Reject') !== !queuing) return undefined
  if (!queuing) return { queues: 0, handSize: 0, queueLengthLimit: 0 }
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  if (queues <= 0) return { queues: 0, handSize: 0, queueLengthLimit: 0 }
  if (handSize <= 0 || handSize > queues || Math.ceil(Math.log2(queues) * handSize) > 60) return undefined
  return { queues, handSize, queueLengthLimit }
}
