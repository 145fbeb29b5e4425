import type { AvailabilityObserver } from '../../aggregator/index.js'
import { type Metric, Numbers, ReadGauge } from './series.js'

/** Which APIServices are not available, and how often they became so. Source: kube-aggregator pkg/controllers/status/metrics. */
export class AggregatorMetrics implements AvailabilityObserver {
  readonly #unavailable = new Map<string, number>()
  readonly #gauge = new ReadGauge(
    'aggregator_unavailable_apiservice',
    'APIServices by name: 1 for those that are not available.',
    ['name'],
    () => Array.from(this.#unavailable, ([name, value]) => [[name], value] as const),
  )
  readonly #became = new Numbers(
    'aggregator_unavailable_apiservice_total',
    'How often an APIService became unavailable, by name and reason.',
    'counter',
    ['name', 'reason'],
  )

  readonly #aggregations: ReadGauge

  /** @param aggregations how often the aggregated discovery document was made */
  constructor(aggregations: () => number) {
    this.#aggregations = new ReadGauge(
      'aggregator_discovery_aggregation_count_total',
      'How often the aggregated discovery document was made.',
      [],
      () => [[[], aggregations()]],
      'counter',
    )
  }

  get all(): readonly Metric[] {
    return [this.#gauge, this.#became, this.#aggregations]
  }

  checked(name: string, available: boolean): void {
    this.#unavailable.set(name, available ? 0 : 1)
  }

  becameUnavailable(name: string, reason: string): void {
    this.#became.add([name, reason])
  }

  forget(name: string): void {
    this.#unavailable.delete(name)
  }
}
