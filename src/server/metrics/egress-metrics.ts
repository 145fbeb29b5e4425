import { DialError, rpcCodeName, type TunnelObserver } from '../../http/index.js'
import type { EgressObserver } from '../egress.js'
import { Histogram, type Metric, Numbers } from './series.js'

const name = (rest: string): string => `apiserver_egress_dialer_${rest}`
const tunnelName = (rest: string): string => `konnectivity_network_proxy_client_${rest}`
const labels = ['protocol', 'transport']

/**
 * Connections through proxies.
 * Source: apiserver pkg/server/egressselector/metrics, apiserver-network-proxy konnectivity-client/pkg/client/metrics.
 */
export class EgressMetrics implements EgressObserver {
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

  readonly #packets = new Numbers(tunnelName('stream_packets_total'), 'Packets to and from proxies.', 'counter', [
    'segment',
    'packet_type',
  ])
  readonly #errors = new Numbers(tunnelName('stream_errors_total'), 'Streams to proxies that failed.', 'counter', [
    'segment',
    'code',
    'packet_type',
  ])
  readonly #unreached = new Numbers(
    tunnelName('dial_failure_total'),
    'Places that a tunnel did not reach, by reason.',
    'counter',
    ['reason'],
  )
  readonly #tunnels = new Numbers(tunnelName('client_connections'), 'Tunnels that there are, by state.', 'gauge', [
    'status',
  ])

  get all(): readonly Metric[] {
    const tunnels = [this.#packets, this.#errors, this.#unreached, this.#tunnels]
    return [this.#starts, this.#seconds, this.#failures, ...tunnels]
  }

  readonly tunnels: TunnelObserver = {
    packet: (segment, type) => this.#packets.add([segment, type]),
    state: (before, now) => {
      if (before !== undefined) this.#tunnels.add([before], -1)
      if (now !== undefined) this.#tunnels.add([now])
    },
    failed: (reason) => this.#unreached.add([reason]),
    broken: (code) => this.#errors.add(['to_client', rpcCodeName(code), 'Unknown']),
  }

  readonly observed: EgressObserver['observed'] = (dialer, protocol, transport) => async (host, port) => {
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
