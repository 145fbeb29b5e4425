import type { Registry } from 'prom-client'
import type { Metric } from './series.js'

/** The text of `/metrics`. prom-client is loaded with the first scrape; a server that nobody scrapes does not pay for it. */
export class MetricsPage {
  readonly #off: ReadonlySet<string>
  #process: Promise<Registry> | undefined

  /** @param disabled full names of metrics to leave out (--disabled-metrics) */
  constructor(
    readonly metrics: readonly Metric[],
    disabled: readonly string[],
  ) {
    this.#off = new Set(disabled)
  }

  async text(): Promise<string> {
    this.#process ??= this.#processMetrics()
    const registry = await this.#process
    const own = this.metrics.filter(({ name }) => !this.#off.has(name)).map((metric) => metric.expose())
    return own.join('') + (await registry.metrics())
  }

  async #processMetrics(): Promise<Registry> {
    const { collectDefaultMetrics, Registry } = await import('prom-client')
    const registry = new Registry()
    collectDefaultMetrics({ register: registry })
    for (const name of this.#off) registry.removeSingleMetric(name)
    return registry
  }
}
