import type { AuditObserver } from '../../audit/index.js'
import { type Metric, Numbers } from './series.js'

/** Upstream: apiserver pkg/audit/metrics.go. */
export class AuditMetrics implements AuditObserver {
  readonly #events = new Numbers('apiserver_audit_event_total', 'Audit events handed to the backend.', 'counter', [])
  readonly #errors = new Numbers('apiserver_audit_error_total', 'Audit events that were lost, by plugin.', 'counter', [
    'plugin',
  ])
  readonly #levels = new Numbers('apiserver_audit_level_total', 'Requests by the level of the policy.', 'counter', [
    'level',
  ])
  readonly #rejected = new Numbers(
    'apiserver_audit_requests_rejected_total',
    'Requests turned away because they could not be recorded.',
    'counter',
    [],
  )

  constructor() {
    // These two are there before anything was counted, as upstream's are.
    this.#events.set([], 0)
    this.#rejected.set([], 0)
  }

  get all(): readonly Metric[] {
    return [this.#events, this.#errors, this.#levels, this.#rejected]
  }

  event(): void {
    this.#events.add([])
  }

  level(level: string): void {
    this.#levels.add([level])
  }

  failed(plugin: string, count: number): void {
    this.#errors.add([plugin], count)
  }

  rejected(): void {
    this.#rejected.add([])
  }
}
