import { all, type Backend, type FailureHook } from './backend.js'
import { type AuditEvent, eventJson } from './event.js'

export interface TruncateOptions {
  /** Bytes of an event's JSON. */
  readonly maxEventBytes: number
  /** Bytes of all events that are handed on together. */
  readonly maxBatchBytes: number
}

const truncatedKey = 'audit.k8s.io/truncated'

/**
 * Takes the objects out of events that are too large, drops those that still are, and splits batches.
 * Source: apiserver plugin/pkg/audit/truncate.
 */
export function truncating(
  backend: Backend,
  { maxEventBytes, maxBatchBytes }: TruncateOptions,
  failed: FailureHook,
): Backend {
  const sizeOf = (event: AuditEvent): number => Buffer.byteLength(eventJson(event)) + 1
  return {
    process(events) {
      const batches: AuditEvent[][] = []
      const lost: AuditEvent[] = []
      let room = 0
      for (const whole of events) {
        const size = sizeOf(whole)
        const event = size > maxEventBytes && whole.level.startsWith('Request') ? truncated(whole) : whole
        const left = event === whole ? size : sizeOf(event)
        if (left > maxEventBytes) {
          lost.push(event)
        } else if (batches.length > 0 && left <= room) {
          batches.at(-1)!.push(event)
          room -= left
        } else {
          batches.push([event])
          room = maxBatchBytes - left
        }
      }
      if (lost.length > 0) failed('truncate', 'event is too large even after truncating', lost)
      return all(batches.map((batch) => backend.process(batch)))
    },
    close: () => backend.close(),
  }
}

function truncated({ requestObject: _, responseObject: __, ...event }: AuditEvent): AuditEvent {
  return { ...event, annotations: { ...event.annotations, [truncatedKey]: 'true' } }
}
