import { Numbers } from './series.js'

/** What `/metrics/slis` tells: how each health check went, last and altogether. Source: component-base metrics/prometheus/slis. */
export class HealthMetrics {
  readonly #last = new Numbers('kubernetes_healthcheck', 'The last result of a health check: 1 is well.', 'gauge', [
    'name',
    'type',
  ])
  readonly #all = new Numbers('kubernetes_healthchecks_total', 'Results of health checks.', 'counter', [
    'name',
    'status',
    'type',
  ])

  readonly #start = new Numbers('process_start_time_seconds', 'When this began, in seconds since 1970.', 'gauge', [])

  constructor() {
    this.#start.set([], performance.timeOrigin / 1000)
  }

  /** @param type healthz, livez or readyz */
  observe(type: string, name: string, well: boolean): void {
    this.#last.set([name, type], well ? 1 : 0)
    this.#all.add([name, well ? 'success' : 'error', type])
  }

  text(): string {
    return this.#last.expose() + this.#all.expose() + this.#start.expose()
  }
}
