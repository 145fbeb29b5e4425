import type { Backend } from './backend.js'
import type { Level } from './event.js'
import type { Policy } from './policy.js'

/** What is counted; upstream's apiserver_audit_* metrics. */
export interface AuditObserver {
  event(): void
  /** Once for every request. */
  level(level: Level): void
  /** Events that were lost, by the part that lost them. */
  failed(plugin: string, count: number): void
  /** A request was turned away since it could not be recorded. */
  rejected(): void
}

/** A policy and where its events go. */
export interface Auditor {
  readonly policy: Policy
  readonly backend: Backend
  readonly observer: AuditObserver
}
