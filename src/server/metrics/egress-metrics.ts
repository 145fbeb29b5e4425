import { DialError } from '../../http/index.js'
import type { ObserveDialer } from '../egress.js'
import { Histogram, type Metric, Numbers } from './series.js'

const name = (rest: string): string => `apiserver_egress_dialer_${rest}`
const labels = ['protocol', 'transport']

/** Connections through proxies. Source: apiserver pkg/server/egressselector/metrics. */
export class EgressMetrics {
  readonly #starts = new Numbers(name('dial_start_total'), 'Connections begun through a proxy.', 'counter', labels)
  readonly #seconds = new Histogram(
    name('dial_duration_seconds'),
    'Time until there was a connection through a proxy, in seconds.',
    labels,
    [0.005, 0.025, 0.1, 0.5, 2.5, 12.5],
  )
  readonly #failures = new Numbers(
    name('dial_failure_count'),
    'Connections through a proxy that there are not, because of the way to it (connect) or behind it (proxy).',
    'counter',
    [...labels, 'stage'],
  )

  get all(): readonly Metric[] {
    return [this.#starts, this.#seconds, this.#failures]
  }

  readonly observed: ObserveDialer = (dialer, protocol, transport) => async (host, port) => {
    const start = performance.now()
    this.#starts.add([protocol, transport])
    try {
      const connection = await dialer(host, port)
      this.#seconds.observe([protocol, transport], (performance.now() - start) / 1_000)
      return connection
    } catch (error) {
      this.#failures.add([protocol, transport, stageOf(error)])
      throw error
    }
  }
}

/** What the network says has a code, what a proxy says has none. */
function stageOf(error: unknown): string {
  if (error instanceof DialError) return error.stage
  return (error as NodeJS.ErrnoException).code === undefined ? 'proxy' : 'connect'
}
