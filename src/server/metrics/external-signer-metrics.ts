import { Histogram, type Metric, Numbers } from './series.js'

const name = (rest: string): string => `apiserver_externaljwt_${rest}`

/** Calls of the program that signs service account tokens. Source: kubernetes pkg/serviceaccount/externaljwt/metrics. */
export class ExternalSignerMetrics {
  // Those without labels would be there from the start, but are nothing without such a program.
  #hasKeys = false
  readonly #fetchedAt = new Numbers(
    name('fetch_keys_success_timestamp'),
    'Unix time in seconds at which keys were last fetched.',
    'gauge',
    [],
  )
  readonly #dataTime = new Numbers(
    name('fetch_keys_data_timestamp'),
    'Unix time in seconds of which the fetched keys are, as the signer says.',
    'gauge',
    [],
  )
  readonly #fetches = new Numbers(name('fetch_keys_request_total'), 'Attempts to fetch keys.', 'counter', ['code'])
  readonly #signs = new Numbers(name('sign_request_total'), 'Attempts to have a token signed.', 'counter', ['code'])
  readonly #seconds = new Histogram(
    name('request_duration_seconds'),
    'Time of calls of the signer, in seconds.',
    ['method', 'code'],
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  )

  get all(): readonly Metric[] {
    const told = (metric: Metric): Metric => ({
      name: metric.name,
      expose: () => (this.#hasKeys ? metric.expose() : ''),
    })
    return [told(this.#fetchedAt), told(this.#dataTime), this.#fetches, this.#signs, this.#seconds]
  }

  readonly called = (method: string, code: string, seconds: number): void =>
    this.#seconds.observe([method, code], seconds)

  readonly fetched = (code: string, dataSeconds?: number): void => {
    this.#fetches.add([code])
    if (dataSeconds === undefined) return
    this.#hasKeys = true
    this.#fetchedAt.set([], Date.now() / 1_000)
    this.#dataTime.set([], dataSeconds)
  }

  readonly signed = (code: string): void => this.#signs.add([code])
}
