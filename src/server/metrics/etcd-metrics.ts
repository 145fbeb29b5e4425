import type { EtcdObserver } from '../../store/index.js'
import { Histogram, type Metric, Numbers } from './series.js'

const seconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
const labels = ['operation', 'group', 'resource']

/** What goes to etcd and comes from it. Source: apiserver pkg/storage/etcd3/metrics. */
export class EtcdMetrics implements EtcdObserver {
  readonly #resourceOf: (prefix: string) => string
  readonly #durations = new Histogram(
    'etcd_request_duration_seconds',
    'Time of requests to etcd by operation and resource.',
    labels,
    seconds,
  )
  readonly #requests = new Numbers('etcd_requests_total', 'Requests to etcd.', 'counter', labels)
  readonly #errors = new Numbers('etcd_request_errors_total', 'Requests to etcd that failed.', 'counter', labels)
  readonly #events = new Numbers(
    'apiserver_storage_events_received_total',
    'Changes that etcd has told of.',
    'counter',
    ['group', 'resource'],
  )
  readonly #bookmarks = new Numbers('etcd_bookmark_total', 'Progress that etcd has told of.', 'counter', [
    'group',
    'resource',
  ])
  readonly #leases = new Histogram(
    'etcd_lease_object_counts',
    'Objects of a lease.',
    [],
    [10, 50, 100, 500, 1_000, 2_500, 5_000],
  )
  readonly #size = new Numbers('apiserver_storage_size_bytes', 'Size of the database of etcd.', 'gauge', [
    'storage_cluster_id',
  ])
  readonly #known = new Map<string, readonly [group: string, resource: string]>()

  constructor(resourceOf: (prefix: string) => string) {
    this.#resourceOf = resourceOf
  }

  get all(): readonly Metric[] {
    return [this.#durations, this.#requests, this.#errors, this.#events, this.#bookmarks, this.#leases, this.#size]
  }

  request(operation: string, prefix: string, took: number, failed: boolean): void {
    const [group, resource] = this.#resource(prefix)
    this.#durations.observe([operation, group, resource], took)
    this.#requests.add([operation, group, resource])
    if (failed) this.#errors.add([operation, group, resource])
  }

  event(prefix: string): void {
    this.#events.add(this.#resource(prefix))
  }

  progress(): void {
    this.#bookmarks.add(['', ''])
  }

  lease(objects: number): void {
    this.#leases.observe([], objects)
  }

  size(bytes: number): void {
    this.#size.set(['etcd-0'], bytes)
  }

  #resource(prefix: string): readonly [group: string, resource: string] {
    const known = this.#known.get(prefix)
    if (known !== undefined) return known
    const name = prefix === '' ? '/' : this.#resourceOf(prefix)
    const slash = name.lastIndexOf('/')
    const made = [name.slice(0, slash), name.slice(slash + 1)] as const
    this.#known.set(prefix, made)
    return made
  }
}
