import type { ServerConfig } from '../config.js'

/** What is recorded of requests, and where to. Upstream: apiserver pkg/server/options/audit.go. */
export interface AuditOptions {
  /** File with the policy; empty: nothing is recorded. */
  readonly policyFile?: string
  readonly log?: AuditLogOptions
  readonly webhook?: AuditWebhookOptions
}

export interface AuditLogOptions extends AuditDelivery {
  /** "-" is standard output; empty: there is no log. */
  readonly path?: string
  /** Default "json". */
  readonly format?: 'json' | 'legacy'
  /** Days; 0: for ever. Default 366. */
  readonly maxAgeDays?: number
  /** Old files kept; 0: all. Default 100. */
  readonly maxBackups?: number
  /** 2^20 bytes; 0: one file for ever. Default 100. */
  readonly maxSizeMegabytes?: number
  /** Default false. */
  readonly compress?: boolean
}

export interface AuditWebhookOptions extends AuditDelivery {
  /** A kubeconfig that says where; empty: there is no webhook. */
  readonly configFile?: string
  /** Default 10,000. */
  readonly initialBackoffMs?: number
}

/** How events get there. */
export interface AuditDelivery {
  /** In the background, before the answer, or before the answer and without it none. Default: "blocking" (log), "batch" (webhook). */
  readonly mode?: 'batch' | 'blocking' | 'blocking-strict'
  /** Events held in batch mode; default 10,000. */
  readonly bufferSize?: number
  /** Default 1 (log), 400 (webhook). */
  readonly maxBatchSize?: number
  /** Default 0 (log), 30,000 (webhook). */
  readonly maxBatchWaitMs?: number
  /** Default false (log), true (webhook). */
  readonly throttle?: boolean
  /** Batches a second, and at once. Default 0 (log), 10 and 15 (webhook). */
  readonly throttleQps?: number
  readonly throttleBurst?: number
  /** Default false. */
  readonly truncate?: boolean
  /** Bytes; default 10 MiB. */
  readonly truncateMaxBatchBytes?: number
  /** Bytes; default 100 KiB. */
  readonly truncateMaxEventBytes?: number
  /** Of the events. There is but "audit.k8s.io/v1". */
  readonly version?: string
}

export interface AuditConfig {
  readonly policyFile: string
  readonly log: Required<AuditLogOptions>
  readonly webhook: Required<AuditWebhookOptions>
}

const shared = {
  bufferSize: 10_000,
  truncate: false,
  truncateMaxBatchBytes: 10 * 1024 * 1024,
  truncateMaxEventBytes: 100 * 1024,
  version: 'audit.k8s.io/v1',
} as const

export const completeAudit = ({ policyFile = '', log, webhook }: AuditOptions = {}): AuditConfig => ({
  policyFile,
  log: {
    ...shared,
    mode: 'blocking',
    maxBatchSize: 1,
    maxBatchWaitMs: 0,
    throttle: false,
    throttleQps: 0,
    throttleBurst: 0,
    path: '',
    format: 'json',
    maxAgeDays: 366,
    maxBackups: 100,
    maxSizeMegabytes: 100,
    compress: false,
    ...log,
  },
  webhook: {
    ...shared,
    mode: 'batch',
    maxBatchSize: 400,
    maxBatchWaitMs: 30_000,
    throttle: true,
    throttleQps: 10,
    throttleBurst: 15,
    configFile: '',
    initialBackoffMs: 10_000,
    ...webhook,
  },
})

export function* auditProblems({ audit: { log, webhook } }: ServerConfig): Iterable<string> {
  if (log.path !== '') {
    yield* deliveryProblems('log', log)
    if (!['legacy', 'json'].includes(log.format)) {
      yield `invalid audit log format ${log.format}, allowed formats are "legacy,json"`
    }
    const negative = Object.entries({ age: log.maxAgeDays, backup: log.maxBackups, size: log.maxSizeMegabytes })
    for (const [name, value] of negative)
      if (value < 0) yield `--audit-log-max${name} ${value} can't be a negative number`
  }
  if (webhook.configFile !== '') yield* deliveryProblems('webhook', webhook)
}

function* deliveryProblems(plugin: string, delivery: Required<AuditDelivery>): Iterable<string> {
  const problem = batchProblem(plugin, delivery)
  if (problem !== undefined) yield problem
  const { truncateMaxEventBytes: event, truncateMaxBatchBytes: batch, version } = delivery
  if (event <= 0) yield `invalid audit truncate ${plugin} max event size ${event}, must be a positive number`
  else if (batch < event) {
    yield `invalid audit truncate ${plugin} max batch size ${batch}, must be greater than max event size (${event})`
  }
  if (version !== shared.version) yield 'invalid group version, allowed versions are ["audit.k8s.io/v1"]'
}

function batchProblem(plugin: string, delivery: Required<AuditDelivery>): string | undefined {
  const { mode, bufferSize, maxBatchSize, throttle, throttleQps, throttleBurst } = delivery
  if (!['batch', 'blocking', 'blocking-strict'].includes(mode))
    return `invalid audit ${plugin} mode ${mode}, allowed modes are "batch,blocking,blocking-strict"`
  if (mode !== 'batch') return undefined
  const wrong = (what: string, value: number): string =>
    `invalid audit batch ${plugin} ${what} ${value}, must be a positive number`
  if (bufferSize <= 0) return wrong('buffer size', bufferSize)
  if (maxBatchSize <= 0) return wrong('max batch size', maxBatchSize)
  if (throttle && throttleQps <= 0) return wrong('throttle QPS', throttleQps)
  if (throttle && throttleBurst <= 0) return wrong('throttle burst', throttleBurst)
  return undefined
}
